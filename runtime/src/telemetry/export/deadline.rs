//! Moments in the future, which no duration from outside can push past the end of a clock.

use std::time::{Duration, Instant};

/// How long a flush or a shutdown may take unless set.
pub(crate) const DEFAULT_DEADLINE: Duration = Duration::from_secs(5);

/// The longest time that is reckoned with: longer ones, from code, a variable or a collector, could
/// overflow a clock.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The moment when `time` has passed from now on.
pub(crate) fn after(time: Duration) -> Instant {
    Instant::now() + time.min(FOR_EVER)
}
