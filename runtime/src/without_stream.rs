//! Stands in for carrying a stream if the feature `stream` is off.

/// Without the feature `stream` nothing of ours is a stream: the expression stays as it is.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_carry_stream {
    ($stream:expr) => {
        $stream
    };
}
