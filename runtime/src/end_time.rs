//! The time stamp that ends a span now, by the clock of its recorder.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

/// In the year 21387: within what every system's clock can express, and no round number.
static NOW: LazyLock<SystemTime> =
    LazyLock::new(|| SystemTime::UNIX_EPOCH + Duration::new(612_741_359_207, 864_120_500));

/// A time stamp that no program uses: it stands for the moment in which a span is ended.
///
/// `SpanRef::end` reads the system's clock and passes what it read. A recorder that has a clock of its
/// own would read two, so call sites end their spans at this time, which our spans know.
#[inline]
pub(crate) fn now() -> SystemTime {
    *NOW
}

#[inline]
pub(crate) fn is_now(time: SystemTime) -> bool {
    time == now()
}
