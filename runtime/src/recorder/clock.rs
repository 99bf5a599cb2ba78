//! What time it is, for spans.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment, in nanoseconds since the epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tick(u64);

impl Tick {
    #[inline]
    pub(super) fn now() -> Self {
        Tick(nanoseconds(SystemTime::now()))
    }

    #[cfg(feature = "init")]
    #[inline]
    pub(crate) fn nanoseconds(self) -> u64 {
        self.0
    }

    pub(super) fn to_system_time(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.0)
    }

    /// Some bits that hardly repeat.
    #[inline]
    pub(super) fn entropy(self) -> u64 {
        self.0
    }
}

/// Since the epoch; 0 before it, as OTLP has no time before it.
pub(crate) fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
