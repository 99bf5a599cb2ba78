//! A span whose polls are timed.

use std::sync::Arc;

use opentelemetry::Context;

use crate::polls::{Polls, Running};
use crate::span::{ActiveSpan, Timed};

/// A span whose future is watched.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) active: ActiveSpan,
    polls: Arc<Polls>,
    /// The poll of a future that runs.
    running: Option<Running>,
}

impl Watched {
    #[cold]
    pub(super) fn new(timed: Timed) -> Box<Self> {
        Box::new(Watched {
            active: ActiveSpan::Span(timed.context),
            polls: timed.polls,
            running: None,
        })
    }

    /// A poll begins, in the span of the result.
    pub(super) fn begin(&mut self) -> &Context {
        self.running = Some(self.polls.begin());
        self.active.context()
    }

    /// The poll has ended, if one runs.
    pub(super) fn end(&mut self) {
        if let Some(running) = self.running.take() {
            self.polls.end(&running, self.active.context());
        }
    }

    pub(super) fn record(&self) {
        self.polls.record(self.active.context());
    }
}
