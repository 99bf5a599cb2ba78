//! A call that is measured, with or without a span: the polls of its future, or its duration.

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;
#[cfg(feature = "metrics")]
use std::sync::LazyLock;

use opentelemetry::Context;
#[cfg(feature = "init")]
use opentelemetry::trace::TraceContextExt as _;

#[cfg(feature = "metrics")]
use crate::metrics::Measurement;
use crate::polls::{Place, Polls};
use crate::reused::{Reusable, Spares};

/// The measurements of a call or a future, and its span.
// It does not contain an `ActiveSpan`, whose drop glue would then be recursive and could not be inlined.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    pub(crate) held: Held,
    pub(crate) polls: Option<Arc<Polls>>,
    #[cfg(feature = "metrics")]
    pub(crate) measurement: Option<Measurement>,
}

/// The span of a measured call.
#[derive(Debug, Default)]
pub(crate) enum Held {
    /// None, and no context of its own.
    #[default]
    Nothing,
    /// A span of its own.
    Span(Context),
    /// A context of its own.
    #[cfg_attr(
        not(feature = "metrics"),
        allow(
            dead_code,
            reason = "a call without a span is measured for metrics only"
        )
    )]
    Context(Context),
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
    /// A span whose future is polled.
    #[cold]
    #[cfg_attr(
        not(feature = "metrics"),
        allow(
            clippy::needless_update,
            reason = "there is nothing else without `metrics`"
        )
    )]
    pub(super) fn polled(context: Context, place: Place) -> Self {
        let polls = polls_of(&context, place);
        Watched {
            held: Held::Span(context),
            polls: Some(polls),
            ..Watched::default()
        }
    }

    /// The context; `None` if it has none of its own.
    pub(crate) fn context(&self) -> Option<&Context> {
        match &self.held {
            Held::Nothing => None,
            Held::Span(context) | Held::Context(context) => Some(context),
        }
    }

    /// The context, or an empty one.
    pub(super) fn any_context(&self) -> &Context {
        #[cfg(feature = "metrics")]
        static NONE: LazyLock<Context> = LazyLock::new(Context::new);

        match &self.held {
            Held::Span(context) | Held::Context(context) => context,
            #[cfg(feature = "metrics")]
            Held::Nothing => &NONE,
            #[cfg(not(feature = "metrics"))]
            Held::Nothing => unreachable!("without metrics only spans are watched"),
        }
    }

    /// Marks it as a sync call, which is not polled.
    pub(super) fn mark_as_call(&mut self) {
        if let Some(polls) = self.polls.take() {
            polls.mark_as_call();
        }
        #[cfg(feature = "metrics")]
        if let Some(measurement) = &mut self.measurement {
            measurement.mark_as_call();
        }
    }

    /// Marks it as a future, whose polls are measured if `place` is given.
    pub(super) fn mark_as_future(&mut self, place: Option<Place>) {
        if let (Some(place), Held::Span(context), None) = (place, &self.held, &self.polls) {
            self.polls = Some(polls_of(context, place));
        }
        #[cfg(feature = "metrics")]
        if let Some(measurement) = &mut self.measurement {
            measurement.mark_as_future();
        }
    }

    /// Whether the duration is measured.
    pub(super) fn is_measured(&self) -> bool {
        #[cfg(feature = "metrics")]
        return self.measurement.is_some();
        #[cfg(not(feature = "metrics"))]
        return false;
    }

    pub(super) fn take_held(&mut self) -> Held {
        mem::take(&mut self.held)
    }
}

pub(crate) fn polls_of(context: &Context, place: Place) -> Arc<Polls> {
    let polls = Arc::new(Polls::new(place));
    #[cfg(feature = "init")]
    crate::live::note_polls(context.span().span_context(), &polls);
    #[cfg(not(feature = "init"))]
    let _ = context;
    polls
}

#[cfg(all(test, feature = "init"))]
mod tests {
    use super::*;

    /// Until it is known to be a call, it may be a future that waits.
    #[test]
    fn a_call_is_busy_although_it_is_not_polled() {
        let around = || "around";
        let mut watched = Watched::polled(Context::new(), Place::Around(around));
        let polls = watched.polls.clone().unwrap();
        assert!(!polls.is_busy());
        watched.mark_as_call();
        assert!(polls.is_busy() && watched.polls.is_none());
    }
}
