//! Deadlines that cannot overflow, whatever the duration.

use std::time::{Duration, Instant};

/// How long a flush or a shutdown may take by default.
pub(crate) const DEFAULT_DEADLINE: Duration = Duration::from_secs(5);

/// The longest duration that is used: longer ones, from code, a variable or a collector, could
/// overflow an `Instant`.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The instant that is `time` from now.
pub(crate) fn after(time: Duration) -> Instant {
    Instant::now() + time.min(FOR_EVER)
}
