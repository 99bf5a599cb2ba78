//! The errors that functions returned last, so that an error which is passed up with `?` is recorded once.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::MutexGuard;

use opentelemetry::trace::{SpanContext, SpanId, TraceId};

use crate::fork::ForkMutex;

/// An error that a function returned after its span recorded it.
pub(crate) struct InFlightError {
    /// The span of the caller.
    pub(crate) to: (TraceId, SpanId),
    /// The hash of its message, which may be long and is not kept for reasons of memory and privacy.
    pub(crate) message: u64,
    pub(crate) error_type: Cow<'static, str>,
    /// The type of the error, if `error_type` was set to something else.
    pub(crate) of: Option<&'static str>,
}

/// The errors that functions on any thread returned last. They are shared by all threads, as the error of a task
/// or of a joined thread is returned on another thread than the one that recorded it.
///
/// Sharded by the caller's span, so that threads rarely contend for a lock and searches are short. An error that
/// the caller handled stays until newer errors of its shard replace it.
static SHARDS: [ForkMutex<VecDeque<InFlightError>>; SHARD_COUNT] =
    [const { ForkMutex::new(VecDeque::new()) }; SHARD_COUNT];
const SHARD_COUNT: usize = 64;
const ERRORS_PER_SHARD: usize = 8;

impl InFlightError {
    fn shard(span: SpanId) -> Option<MutexGuard<'static, VecDeque<Self>>> {
        let [.., last] = span.to_bytes();
        SHARDS[usize::from(last) % SHARD_COUNT].lock()
    }

    /// Notes that a function returned the error.
    pub(crate) fn note(self) {
        let Some(mut shard) = InFlightError::shard(self.to.1) else {
            return;
        };
        if shard.len() == ERRORS_PER_SHARD {
            shard.pop_front();
        }
        shard.push_back(self);
    }

    /// Takes the last `wanted` error that was returned to this span, and drops all others that were, as the span
    /// ends with this error.
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
