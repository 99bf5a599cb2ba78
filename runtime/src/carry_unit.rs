//! The macros that choose by type how the context is carried into the value at a spawn site.
//!
//! They are macros and not functions, as method resolution must happen where the type is known. The types
//! and traits are in `task.rs`, `polled_stream.rs` and `parallel.rs`.

/// `carry_unit!(expr)`: `expr`, with the current context carried into it if it is a future or a closure.
///
/// | call | what the context is carried into |
/// |---|---|
/// | `carry_unit!(expr)` | a task |
/// | `carry_unit!(@place path)` | a task in a variable, which is moved only if the call would move it |
/// | `carry_unit!(@future expr)` | a future, whose type need not be known yet |
/// | `carry_unit!(@closure expr)` | a closure, whose type need not be known yet |
/// | `carry_unit!(@in span, expr)` | a task, in a span that starts when the task does |
/// | `carry_unit!(@stream expr)` | a stream that a response or a request will poll |
///
/// `@` marks variants of the macro, as no expression begins with it.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_carry_unit {
    ($unit:expr) => {
        match $unit {
            unit => $crate::__traced_carry_unit!(@place unit),
        }
    };
    (@place $unit:expr) => {{
        let kind = $crate::__traced_carry_unit!(@kind &$unit);
        kind.carry($unit)
    }};
    (@future $unit:expr) => {
        $crate::__private::carry($unit)
    };
    (@closure $unit:expr) => {
        $crate::__private::carry_fn($unit)
    };
    (@in $span:expr, $unit:expr) => {
        match ($span, $unit) {
            (span, unit) => {
                let kind = $crate::__traced_carry_unit!(@kind &unit);
                kind.carry_in(span, unit, |out| $crate::__private::observe!(@inferred out))
            }
        }
    };
    (@stream $stream:expr) => {
        $crate::__traced_carry_stream!($stream)
    };
    // The type that carries the context into the value behind the reference. There is one `&` for each level of `task.rs`
    // but the last, and one as the method takes `&self`.
    (@kind $unit:expr) => {{
        use $crate::__private::task_traits::*;
        (&&&&&&$crate::__private::SpawnedTask($unit)).__traced_task_kind()
    }};
}

/// `carry_unit!(@stream ..)`: `expr`, with the current context carried into it if it is a stream.
#[cfg(feature = "stream")]
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_carry_stream {
    ($stream:expr) => {
        match $stream {
            stream => {
                use $crate::__private::task_traits::*;
                let kind = (&&&$crate::__private::SpawnedTask(&stream)).__traced_stream_kind();
                kind.carry(stream)
            }
        }
    };
}

/// Without the feature `stream`, streams are not carried, and the expression stays as it is.
#[cfg(not(feature = "stream"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_carry_stream {
    ($stream:expr) => {
        $stream
    };
}

/// `carry_parallel!(expr)`: `expr`, with the current context carried into the jobs that process its items if it is a
/// parallel iterator.
#[cfg(feature = "rayon")]
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_carry_parallel {
    ($iterator:expr) => {
        match $iterator {
            iterator => {
                use $crate::__private::task_traits::*;
                let kind =
                    (&&$crate::__private::SpawnedTask(&iterator)).__traced_kind_of_iterator();
                kind.carry(iterator)
            }
        }
    };
}

/// Without the feature `rayon`, a parallel iterator of rayon is a compile error, and any other value stays as it
/// is.
///
/// Rayon's iterators have a method `opt_len`, whose trait is in scope wherever their methods are called.
#[cfg(not(feature = "rayon"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_carry_parallel {
    ($iterator:expr) => {
        match $iterator {
            iterator => {
                use $crate::__private::task_traits::*;
                if false {
                    $crate::__private::carried_without_feature((&iterator).opt_len());
                }
                iterator
            }
        }
    };
}
