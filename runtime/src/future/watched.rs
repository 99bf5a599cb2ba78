//! A future that is measured: the times of its polls, and its duration.

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;

use opentelemetry::Context;

#[cfg(feature = "metrics")]
use crate::failure::Failure;
#[cfg(feature = "metrics")]
use crate::metrics::{Measurement, Unrecorded};
use crate::polls::{Polls, Running};
use crate::reused::{Reusable, Reused, Spares};
use crate::span::{self, ActiveSpan, Held};

/// The measurements of a future, and its span.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// `None` if it has no span and no context of its own.
    pub(super) active: Option<ActiveSpan>,
    polls: Option<Arc<Polls>>,
    /// The poll that is running.
    running: Option<Running>,
    #[cfg(feature = "metrics")]
    pub(super) measurement: Option<Measurement>,
}

thread_local! {
    static SPARES: Spares<Watched> = const { RefCell::new(Vec::new()) };
}

impl Reusable for Watched {
    fn with_spares<R>(with: impl FnOnce(&Spares<Self>) -> R) -> Option<R> {
        SPARES.try_with(with).ok()
    }
}

impl Watched {
    #[cold]
    pub(super) fn of(mut watched: Reused<span::Watched>) -> Reused<Self> {
        Reused::new(Watched {
            active: match mem::take(&mut watched.held) {
                Held::Nothing => None,
                Held::Span(context) => Some(ActiveSpan::Span(context)),
                Held::Context(context) => Some(ActiveSpan::Context(Box::new(context))),
            },
            polls: watched.polls.take(),
            #[cfg(feature = "metrics")]
            measurement: watched.measurement.take(),
            ..Watched::default()
        })
    }

    /// A span whose polls are timed.
    pub(super) fn timed(context: Context, polls: Arc<Polls>) -> Reused<Self> {
        Reused::new(Watched {
            active: Some(ActiveSpan::Span(context)),
            polls: Some(polls),
            ..Watched::default()
        })
    }

    /// Begins a poll, and returns the context that is to be current during it, if there is one.
    pub(super) fn begin(&mut self) -> Option<&Context> {
        self.running = self.polls.as_ref().map(|polls| polls.begin());
        self.active.as_ref().map(ActiveSpan::context)
    }

    /// Ends the poll that is running, if there is one.
    pub(super) fn end(&mut self) {
        if let (Some(running), Some(polls), Some(active)) =
            (self.running.take(), &self.polls, &self.active)
        {
            polls.end(&running, active.context());
        }
    }

    pub(super) fn record(&self) {
        if let (Some(polls), Some(active)) = (&self.polls, &self.active) {
            polls.record(active.context());
        }
    }
}

#[cfg(feature = "metrics")]
impl Watched {
    /// A future that is measured, with its span if it has one.
    pub(super) fn measured(active: Option<ActiveSpan>, measurement: Measurement) -> Reused<Self> {
        Reused::new(Watched {
            active,
            measurement: Some(measurement),
            ..Watched::default()
        })
    }

    /// Notes the outcome after the future was ready. `failure` is the failure in its output if that `was_observed` for
    /// the span; otherwise the output is observed here.
    #[cold]
    pub(super) fn settle(
        &self,
        failure: Option<&Failure>,
        was_observed: bool,
        observe: &mut dyn FnMut() -> Option<Failure>,
    ) {
        let Some(measurement) = &self.measurement else {
            return;
        };
        if let Some(failure) = failure {
            measurement.failed(failure);
        }
        if !was_observed {
            let _observing = Unrecorded::begin();
            if let Some(failure) = observe() {
                measurement.failed(&failure);
            }
        }
        measurement.returned();
    }
}
