//! The clock of spans.
//!
//! A span needs two times. Reading the system's clock takes 35 ns, a quarter of the cost of a span; reading the
//! processor's counter takes 9 ns. So a thread reads the system's clock from time to time together with the
//! counter (see `clock/anchor.rs`), and adds what the counter has advanced since.
//!
//! The counter has to be calibrated first, which takes half a millisecond, and up to a fifth of a second.
//! [`calibrate`] does so on a thread of its own. Until then, and where it is never called (`testing`
//! alone, Miri), the system's clock is read.

#[cfg(feature = "init")]
mod anchor;

#[cfg(feature = "init")]
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A time in nanoseconds since the epoch. Once the counter is calibrated, times never go back on a thread.
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

    /// Bits that rarely repeat.
    #[inline]
    pub(super) fn entropy(self) -> u64 {
        self.0
    }
}

/// Empty until the counter is calibrated.
#[cfg(feature = "init")]
static COUNTER: OnceLock<quanta::Clock> = OnceLock::new();

/// Calibrates the processor's counter against the system's clock, if that was not done yet. Blocks.
#[cfg(feature = "init")]
pub(crate) fn calibrate() {
    // Miri cannot read the counter.
    if COUNTER.get().is_none() && !cfg!(miri) {
        let _ = COUNTER.set(quanta::Clock::new());
    }
}

/// The processor's counter, once it is calibrated.
#[cfg(all(feature = "init", any(feature = "diesel", feature = "sqlx")))]
#[inline]
pub(crate) fn counter() -> Option<&'static quanta::Clock> {
    COUNTER.get()
}

/// Nanoseconds since the epoch; 0 for times before it, which OTLP cannot express.
pub(crate) fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
