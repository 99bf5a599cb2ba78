//! A span that has started: what the call records on it, and how it ends.

use std::time::SystemTime;

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, ContextGuard, KeyValue};

use super::watched::{Held, Watched};
use crate::automatic_status::set_automatic_status;
use crate::current_context::{self, ContextStack};
use crate::end_time::now;
use crate::exception::{self, ExceptionOrigin};
use crate::failure::{self, Failure};
#[cfg(feature = "metrics")]
use crate::metrics::{Measurement, Unrecorded};
use crate::panic;
use crate::polls::Place;
use crate::recorder;
use crate::reused::Reused;

/// The context that is current during a call, and whether its span is the call's own.
///
/// The rare variants are boxed, so that the enum is as small as a context: every traced future holds one.
#[derive(Debug)]
pub(crate) enum ActiveSpan {
    /// A span of its own, which the call ends.
    Span(Context),
    /// The caller's span, on which the call records (`current`).
    Borrowed(Box<Context>),
    /// No span, but a context of its own: with baggage, or with a remote parent that is passed on although nothing
    /// is recorded here.
    Context(Box<Context>),
    /// A span of its own or none, whose polls or duration are measured. The state of a future takes it out.
    Watched(Reused<Watched>),
}

/// Held while a result is observed.
#[derive(Debug, Default)]
pub(crate) struct Observing(
    #[cfg(feature = "metrics")]
    #[allow(dead_code, reason = "held for its drop")]
    Option<Unrecorded>,
);

#[cfg(feature = "metrics")]
impl Observing {
    /// Observes without a span to record on.
    pub(crate) fn unrecorded() -> Self {
        Observing(Some(Unrecorded::begin()))
    }
}

impl ActiveSpan {
    #[inline]
    pub(crate) fn context(&self) -> &Context {
        match self {
            ActiveSpan::Span(context) => context,
            ActiveSpan::Borrowed(context) | ActiveSpan::Context(context) => context,
            ActiveSpan::Watched(watched) => watched.any_context(),
        }
    }

    /// The context, unless it is simply the current one.
    #[inline]
    pub(crate) fn own_context(&self) -> Option<&Context> {
        match self {
            ActiveSpan::Watched(watched) => watched.context(),
            active => Some(active.context()),
        }
    }

    /// Makes it the span of a future, whose polls are measured if `place` is given.
    #[cold]
    pub(super) fn of_future(self, place: Option<Place>) -> Self {
        match (self, place) {
            (ActiveSpan::Span(context), Some(place)) => {
                ActiveSpan::Watched(Reused::new(Watched::polled(context, place)))
            }
            (ActiveSpan::Watched(mut watched), place) => {
                watched.mark_as_future(place);
                ActiveSpan::Watched(watched)
            }
            (active, _) => active,
        }
    }

    /// Makes it the span of a sync call, whose polls are not measured.
    pub(super) fn of_call(self) -> Self {
        let ActiveSpan::Watched(mut watched) = self else {
            return self;
        };
        watched.mark_as_call();
        match watched.is_measured() {
            true => ActiveSpan::Watched(watched),
            false => match watched.take_held() {
                Held::Span(context) => ActiveSpan::Span(context),
                Held::Context(context) => ActiveSpan::Context(Box::new(context)),
                Held::Nothing => unreachable!("watched for its polls, or measured"),
            },
        }
    }

    /// Adds a measurement to a call with or without a span.
    #[cfg(feature = "metrics")]
    #[cold]
    pub(super) fn measured(active: Option<Self>, measurement: Measurement) -> Self {
        let held = match active {
            None => Held::Nothing,
            Some(ActiveSpan::Span(context)) => Held::Span(context),
            Some(ActiveSpan::Context(context)) => Held::Context(*context),
            Some(ActiveSpan::Watched(mut watched)) => {
                watched.measurement = Some(measurement);
                return ActiveSpan::Watched(watched);
            }
            // A call that records on its caller's span has no call site.
            Some(borrowed @ ActiveSpan::Borrowed(_)) => return borrowed,
        };
        ActiveSpan::Watched(Reused::new(Watched {
            held,
            polls: None,
            measurement: Some(measurement),
        }))
    }

    #[cfg(feature = "metrics")]
    #[inline]
    fn measurement(&self) -> Option<&Measurement> {
        match self {
            ActiveSpan::Watched(watched) => watched.measurement.as_ref(),
            _ => None,
        }
    }

    /// Begins observing a result of the function, until the returned value is dropped; `None` if the result is of no
    /// use, as the call is neither recorded nor measured.
    #[inline]
    pub(crate) fn begin_observing(&self) -> Option<Observing> {
        match self.may_be_recording() {
            true => Some(Observing::default()),
            false => self.begin_observing_unrecorded(),
        }
    }

    #[cfg(feature = "metrics")]
    #[inline]
    pub(crate) fn begin_observing_unrecorded(&self) -> Option<Observing> {
        self.measurement()?;
        Some(Observing::unrecorded())
    }

    #[cfg(not(feature = "metrics"))]
    #[inline]
    pub(crate) fn begin_observing_unrecorded(&self) -> Option<Observing> {
        None
    }

    // Out of line, so that a poll of a future contains one call instead of this code.
    #[inline(never)]
    pub(crate) fn attach(&self, stack: ContextStack) -> ContextGuard {
        stack.attach(self.context().clone())
    }

    /// Whether there is a span to record on, and it records.
    pub(crate) fn is_recording(&self) -> bool {
        !matches!(self, ActiveSpan::Context(_)) && self.context().span().is_recording()
    }

    /// The context of a span that the call ends.
    fn own_span(&self) -> Option<&Context> {
        match self {
            ActiveSpan::Span(context) => Some(context),
            ActiveSpan::Watched(watched) => match &watched.held {
                Held::Span(context) => Some(context),
                Held::Context(_) | Held::Nothing => None,
            },
            _ => None,
        }
    }

    /// Whether the result of the function needs to be observed for its span. Takes no lock if the span is sampled. May
    /// be `true` for a span that the body has ended, so [`ActiveSpan::is_recording`] is checked before a failure
    /// is recorded.
    #[inline]
    pub(crate) fn may_be_recording(&self) -> bool {
        match self {
            ActiveSpan::Span(context) if context.span().span_context().is_sampled() => true,
            active => active.is_recording(),
        }
    }

    /// Records a failure that the function returns: the event, then `error.type`, then the status.
    ///
    /// To be called after the span was detached, so that the caller's context is current.
    #[cold]
    pub(crate) fn record_failure(&self, mut failure: Failure) {
        self.measure_failure(&failure);
        if self.is_recording() {
            failure.forget_what_is_recorded(self.context().span().span_context());
            self.record_new_failure(failure);
        }
    }

    /// [`record_failure`](Self::record_failure) for a span that ends now. The failure is passed whole to a span of our
    /// own provider, which records it faster than through the API.
    #[cold]
    fn record_last_failure(&self, mut failure: Failure) {
        let own_span = self.own_span().filter(|_| recorder::is_in_use());
        let Some(context) = own_span.filter(|_| exception::are_only_events()) else {
            self.record_failure(failure);
            return;
        };
        self.measure_failure(&failure);
        let leaving = failure.forget_what_is_recorded(context.span().span_context());
        match failure::hand_over(context, failure) {
            None => leaving.leave_to(&current_context::current()),
            Some(failure) if self.is_recording() => self.record_new_failure(failure),
            Some(_) => {}
        }
    }

    fn measure_failure(&self, failure: &Failure) {
        #[cfg(feature = "metrics")]
        if let Some(measurement) = self.measurement() {
            measurement.failed(failure);
        }
        #[cfg(not(feature = "metrics"))]
        let _ = failure;
    }

    /// Records what [`Failure::forget_what_is_recorded`] has left of a failure.
    fn record_new_failure(&self, mut failure: Failure) {
        self.record_exception(&mut failure);
        if let Some(error_type) = failure.error_type() {
            let span = self.context().span();
            span.set_attribute(KeyValue::new("error.type", error_type));
        }
        set_automatic_status(self.context(), failure.message().to_owned());
        failure.leave_to(&current_context::current());
    }

    /// Records another failed item of a stream: only its event, as the first failure has set `error.type` and the
    /// status, and an attribute that is set twice would be exported twice.
    #[cfg(feature = "stream")]
    #[cold]
    pub(crate) fn record_further_failure(&self, mut failure: Failure) {
        if self.is_recording() {
            failure.forget_what_is_recorded(self.context().span().span_context());
            self.record_exception(&mut failure);
            failure.leave_to(&current_context::current());
        }
    }

    fn record_exception(&self, failure: &mut Failure) {
        if let Some(attributes) = failure.take_event_attributes() {
            exception::record(self.context(), ExceptionOrigin::Returned, attributes);
        }
    }

    fn record_panic(&self) {
        #[cfg(feature = "metrics")]
        if let Some(measurement) = self.measurement() {
            measurement.panicked();
        }
        if !matches!(self, ActiveSpan::Borrowed(_)) && self.own_span().is_none() {
            return;
        }
        let span = self.context().span();
        let report = panic::unwinding_through(span.span_context());
        if let Some(attributes) = report.event_attributes {
            exception::record(self.context(), ExceptionOrigin::Panicked, attributes);
        }
        span.set_attribute(KeyValue::new("error.type", "panic"));
        set_automatic_status(self.context(), report.message);
    }

    // `end` and `finish` take `&self`, as moving the span would cost more than ending it.

    #[inline]
    pub(crate) fn end(&self) {
        let may_be_recording = self.may_be_recording();
        self.finish(may_be_recording, None);
    }

    /// Ends the span after the function returned, and records the failure in its result, which was observed only if the
    /// span [may be recording](ActiveSpan::may_be_recording).
    #[inline(always)]
    pub(crate) fn finish(&self, may_be_recording: bool, failure: Option<Failure>) {
        if let Some(failure) = failure {
            self.record_last_failure(failure);
        }
        match self {
            // Leads to `Handle` in `recorder/span.rs`, or to `StatusKeepingSpan` for a span of another provider. `now` of
            // `end_time.rs` stands for the time of the provider's own clock.
            ActiveSpan::Span(context) if may_be_recording => {
                context.span().end_with_timestamp(now());
                current_context::note_ended_span();
            }
            ActiveSpan::Watched(_) => self.finish_watched(),
            _ => {}
        }
    }

    #[cold]
    fn finish_watched(&self) {
        #[cfg(feature = "metrics")]
        if let Some(measurement) = self.measurement() {
            measurement.returned();
        }
        if let Some(context) = self.own_span() {
            context.span().end_with_timestamp(now());
            current_context::note_ended_span();
        }
    }

    /// Records a panic that unwinds through the function, and ends the span.
    pub(crate) fn unwind(&self) {
        self.record_panic();
        self.end();
    }

    /// Marks the span of a future that was dropped before it was ready as cancelled, and ends it.
    pub(crate) fn cancel(&self) {
        self.cancel_at(now());
    }

    /// [`cancel`](Self::cancel) with an end time.
    pub(crate) fn cancel_at(&self, time: SystemTime) {
        if let Some(context) = self.own_span() {
            let span = context.span();
            span.set_attribute(KeyValue::new("traced.cancelled", true));
            span.end_with_timestamp(time);
            current_context::note_ended_span();
        }
    }
}
