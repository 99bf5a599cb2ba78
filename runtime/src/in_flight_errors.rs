//! The errors that left a function last, so that an error is recorded once on its way up.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::MutexGuard;

use opentelemetry::trace::{SpanContext, SpanId, TraceId};

use crate::fork::ForkMutex;

/// An error that left a function whose span recorded it.
pub(crate) struct InFlightError {
    /// The span of the function that it left to.
    pub(crate) to: (TraceId, SpanId),
    /// The hash of its message: the message itself may be long, and is the user's to keep.
    pub(crate) message: u64,
    pub(crate) error_type: Cow<'static, str>,
    /// The type of the error, where `error_type` names something else.
    pub(crate) of: Option<&'static str>,
}

/// The errors that left a function last, in any thread: the error of a task, or of a thread that was
/// joined, is returned in another thread than the thread in which it was recorded.
///
/// Sharded by the span that they left to, so that threads rarely contend for a lock and few errors are
/// searched. An error that was handled and went no further stays until newer errors of its shard
/// replace it.
static SHARDS: [ForkMutex<VecDeque<InFlightError>>; SHARD_COUNT] =
    [const { ForkMutex::new(VecDeque::new()) }; SHARD_COUNT];
const SHARD_COUNT: usize = 64;
const ERRORS_PER_SHARD: usize = 8;

impl InFlightError {
    fn shard(span: SpanId) -> Option<MutexGuard<'static, VecDeque<Self>>> {
        let [.., last] = span.to_bytes();
        SHARDS[usize::from(last) % SHARD_COUNT].lock()
    }

    /// Notes that the error left its function.
    pub(crate) fn note(self) {
        let Some(mut shard) = InFlightError::shard(self.to.1) else {
            return;
        };
        if shard.len() == ERRORS_PER_SHARD {
            shard.pop_front();
        }
        shard.push_back(self);
    }

    /// Takes the last of the `wanted` errors that left to this span, and drops the other errors that left
    /// to it, as the span ends with this error.
    pub(crate) fn take_last(span: &SpanContext, wanted: impl Fn(&Self) -> bool) -> Option<Self> {
        let to = (span.trace_id(), span.span_id());
        let mut shard = InFlightError::shard(span.span_id())?;
        let last = shard
            .iter()
            .rposition(|error| error.to == to && wanted(error));
        let found = last.and_then(|last| shard.remove(last));
        shard.retain(|error| error.to != to);
        found
    }
}

/// The hash of a message.
pub(crate) fn fingerprint(message: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    message.hash(&mut hasher);
    hasher.finish()
}
