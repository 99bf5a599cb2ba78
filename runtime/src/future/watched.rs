//! A span whose polls are timed.

use std::mem;
use std::sync::Arc;

use super::step::Step;
use crate::failure::Failure;
use crate::polls::Polls;
use crate::span::{ActiveSpan, Timed};

/// A span whose future is watched.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) active: ActiveSpan,
    polls: Arc<Polls>,
}

impl Watched {
    #[cold]
    pub(super) fn new(timed: Timed) -> Box<Self> {
        Box::new(Watched {
            active: ActiveSpan::Span(timed.context),
            polls: timed.polls,
        })
    }

    pub(super) fn record(&self) {
        self.polls.record(self.active.context());
    }
}

/// Watches a poll of a future, or of a stream.
pub(crate) struct Timing(pub(super) Box<Watched>);

impl Timing {
    /// A poll begins. `is_over` says of its result whether the span ends with it.
    pub(crate) fn watch<T>(&self, poll: impl FnOnce() -> T, is_over: impl FnOnce(&T) -> bool) -> T {
        // If the poll panics, the span ends too.
        let recorded = Recorded(&self.0);
        let running = self.0.polls.begin(self.0.active.context());
        let result = poll();
        drop(running);
        match is_over(&result) {
            true => drop(recorded),
            false => mem::forget(recorded),
        }
        result
    }
}

/// Sets the attributes of a span that is about to end.
struct Recorded<'t>(&'t Watched);

impl Drop for Recorded<'_> {
    fn drop(&mut self) {
        self.0.record();
    }
}

pub(super) struct TimedStep<'s> {
    pub(super) inner: &'s mut dyn Step,
    pub(super) timing: Timing,
}

impl Step for TimedStep<'_> {
    fn poll(&mut self) -> bool {
        let inner = &mut *self.inner;
        self.timing.watch(|| inner.poll(), |is_ready| *is_ready)
    }

    fn observe(&mut self) -> Option<Failure> {
        self.inner.observe()
    }
}
