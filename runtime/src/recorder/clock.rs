//! The clock of spans.
//!
//! A span needs two times, and the system's clock takes 35 ns for each, a quarter of what a span costs.
//! The processor's counter takes 9. So a thread reads the system's clock once in a while, notes what the
//! counter said then (an [`Anchor`]), and counts from there.
//!
//! The counter has to be measured first, which takes half a millisecond and may take a fifth of a second.
//! [`calibrate`] does that on a thread of its own; before it is done, and where it is never done (`testing`
//! alone, Miri), the system's clock is read.

#[cfg(feature = "init")]
mod anchor;

#[cfg(feature = "init")]
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment, in nanoseconds since the epoch. On one thread, no moment is before the last one once the
/// counter is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tick(u64);

impl Tick {
    #[cfg(feature = "init")]
    #[inline]
    pub(super) fn now() -> Self {
        match COUNTER.get() {
            Some(counter) => Tick(anchor::now(counter)),
            None => Self::of_system(),
        }
    }

    #[cfg(not(feature = "init"))]
    #[inline]
    pub(super) fn now() -> Self {
        Self::of_system()
    }

    fn of_system() -> Self {
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

/// Empty until the counter was measured.
#[cfg(feature = "init")]
static COUNTER: OnceLock<quanta::Clock> = OnceLock::new();

/// Measures the processor's counter against the system's clock, if that was not done yet. Blocks.
#[cfg(feature = "init")]
pub(crate) fn calibrate() {
    // Miri cannot read it.
    if COUNTER.get().is_none() && !cfg!(miri) {
        let _ = COUNTER.set(quanta::Clock::new());
    }
}

/// The processor's counter, once it was measured.
#[cfg(all(feature = "init", any(feature = "diesel", feature = "sqlx")))]
#[inline]
pub(crate) fn counter() -> Option<&'static quanta::Clock> {
    COUNTER.get()
}

/// Since the epoch; 0 before it, as OTLP has no time before it.
pub(crate) fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
