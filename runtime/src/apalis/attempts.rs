//! The last attempt at each job, to which the next attempt is linked.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use apalis_core::task::task_id::TaskId;
use opentelemetry::trace::SpanContext;

/// The greatest number of jobs that are remembered. If there are more, the oldest are forgotten and their next attempt
/// has no link.
const MOST: usize = 4096;

/// The last attempts at jobs that have not succeeded. They are kept here, as a storage does not keep what a worker adds
/// to the metadata of a job.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    last: HashMap<TaskId, SpanContext>,
    /// In the order of their first attempts; some have succeeded since.
    order: VecDeque<TaskId>,
}

impl Attempts {
    pub(super) fn last(&self, id: &TaskId) -> Option<SpanContext> {
        self.with(|known| known.last.get(id).cloned())
    }

    /// Notes an attempt when it begins, as its end may never be seen.
    pub(super) fn begin(&self, id: &TaskId, attempt: SpanContext) {
        self.with(|known| {
            if known.last.insert(id.clone(), attempt).is_none() {
                known.order.push_back(id.clone());
            }
            if known.order.len() > MOST {
                let oldest = known.order.pop_front();
                oldest.and_then(|id| known.last.remove(&id));
            }
        });
    }

    /// Forgets a job that succeeded and will not be attempted again.
    pub(super) fn succeed(&self, id: &TaskId) {
        self.with(|known| known.last.remove(id));
    }

    fn with<R>(&self, act: impl FnOnce(&mut Known) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanId, TraceFlags, TraceId, TraceState};

    use super::*;

    fn attempt(id: u64) -> SpanContext {
        let (trace, flags) = (TraceId::from(1), TraceFlags::SAMPLED);
        SpanContext::new(trace, SpanId::from(id), flags, false, TraceState::default())
    }

    #[test]
    fn the_last_attempt_is_known_until_one_succeeds() {
        let (attempts, id) = (Attempts::default(), TaskId::from_int(7));
        assert_eq!(attempts.last(&id), None);
        attempts.begin(&id, attempt(1));
        attempts.begin(&id, attempt(2));
        assert_eq!(attempts.last(&id), Some(attempt(2)));
        attempts.succeed(&id);
        assert_eq!(attempts.last(&id), None);
    }

    #[test]
    fn the_oldest_jobs_are_forgotten_and_memory_is_bounded() {
        let attempts = Attempts::default();
        for id in 0..3 * MOST as u64 {
            let id = TaskId::from_int(id);
            attempts.begin(&id, attempt(1));
            if id.as_int() != Some(1) {
                attempts.begin(&id, attempt(2));
            }
        }
        attempts.with(|known| {
            assert_eq!((known.last.len(), known.order.len()), (MOST, MOST));
        });
        assert_eq!(attempts.last(&TaskId::from_int(1)), None);
    }
}
