//! The end of a span now, by the clock of whoever records it.

use std::time::{Duration, SystemTime};

/// A time that nobody means: it stands for the moment in which a span is told that it ends.
///
/// `SpanRef::end` reads the system's clock and passes what it read. A recorder that has a clock of its
/// own would read two, so call sites end their spans at this time, which our spans know.
#[inline]
pub(crate) fn now() -> SystemTime {
    // In the year 21387: within what every system's clock can express, and no round number.
    SystemTime::UNIX_EPOCH + Duration::new(612_741_359_207, 864_120_500)
}

#[inline]
pub(crate) fn is_now(time: SystemTime) -> bool {
    time == now()
}
