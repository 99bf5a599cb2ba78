//! The end time by which call sites end their spans "now", by the clock of the provider.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

/// A time in the year 21387, which no program uses and every system's clock can express.
static NOW: LazyLock<SystemTime> =
    LazyLock::new(|| SystemTime::UNIX_EPOCH + Duration::new(612_741_359_207, 864_120_500));

/// A time that stands for the moment at which a span ends.
///
/// `SpanRef::end` reads the system's clock, and a provider with a clock of its own would read a second one.
/// Call sites therefore end their spans with this time, which spans of our provider replace by their clock's.
#[inline]
pub(crate) fn now() -> SystemTime {
    *NOW
}

#[inline]
pub(crate) fn is_now(time: SystemTime) -> bool {
    time == now()
}
