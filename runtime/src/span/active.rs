//! A span that has started: what is recorded on it, and how it ends.

use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, ContextGuard, KeyValue};

use crate::automatic_status::set_automatic_status;
use crate::current_context::{self, ContextStack};
use crate::end_time::now;
use crate::exception::{self, ExceptionOrigin};
use crate::failure::{self, Failure};
use crate::panic;
use crate::polls::{Place, Polls};
use crate::recorder;

/// The context that is current during a call, and whose span it has.
///
/// The two rare variants are in a box, so that the enum is as small as a context: every traced future holds
/// one.
#[derive(Debug)]
pub(crate) enum ActiveSpan {
    /// A span of its own, which the call ends.
    Span(Context),
    /// The caller's span, on which the call records (`current`).
    Borrowed(Box<Context>),
    /// No span, but a context of its own: with baggage, or a remote parent that is passed on though nothing
    /// is recorded here.
    Context(Box<Context>),
    /// A span of its own whose future is watched, until the state of that future has it, or a call.
    Timed(Box<Timed>),
}

/// A span of its own, and the polls of its future.
// Without an `ActiveSpan` in it: the code that drops one would call itself, and be inlined nowhere.
#[derive(Debug)]
pub(crate) struct Timed {
    pub(crate) context: Context,
    pub(crate) polls: Arc<Polls>,
}

impl Timed {
    #[cold]
    pub(crate) fn new(context: Context, place: Place) -> Box<Self> {
        let polls = Arc::new(Polls::new(place));
        #[cfg(feature = "init")]
        crate::live::note_polls(context.span().span_context(), &polls);
        Box::new(Timed { context, polls })
    }
}

impl ActiveSpan {
    #[inline]
    pub(crate) fn context(&self) -> &Context {
        match self {
            ActiveSpan::Span(context) => context,
            ActiveSpan::Borrowed(context) | ActiveSpan::Context(context) => context,
            ActiveSpan::Timed(timed) => &timed.context,
        }
    }

    /// Watches the polls of the future that gets this span.
    #[cold]
    pub(super) fn timed(self, place: Place) -> Self {
        match self {
            ActiveSpan::Span(context) => ActiveSpan::Timed(Timed::new(context, place)),
            active => active,
        }
    }

    /// The span of a call, which is not polled.
    pub(super) fn of_call(self) -> Self {
        match self {
            ActiveSpan::Timed(timed) => {
                timed.polls.are_a_call();
                ActiveSpan::Span(timed.context)
            }
            active => active,
        }
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

    /// Whether the result of the function needs to be observed. Takes no lock for a sampled span; may say
    /// `true` for a span that was ended by hand, so [`ActiveSpan::is_recording`] is asked before a failure
    /// is recorded.
    #[inline]
    pub(crate) fn may_be_recording(&self) -> bool {
        match self {
            ActiveSpan::Span(context) if context.span().span_context().is_sampled() => true,
            active => active.is_recording(),
        }
    }

    /// Records a failure that leaves the function: the event, then `error.type`, then the status.
    ///
    /// It is called with the span detached, so that the caller's context is current.
    #[cold]
    pub(crate) fn record_failure(&self, mut failure: Failure) {
        if !self.is_recording() {
            return;
        }
        self.record_exception(&mut failure);
        if let Some(error_type) = failure.error_type() {
            let span = self.context().span();
            span.set_attribute(KeyValue::new("error.type", error_type));
        }
        set_automatic_status(self.context(), failure.message().to_owned());
        failure.leave_to(&current_context::current());
    }

    /// [`record_failure`](Self::record_failure) of a span that ends now. A span of our own provider is handed the
    /// failure, so that it writes at once what is recorded of it.
    #[cold]
    fn record_last_failure(&self, mut failure: Failure) {
        if let (ActiveSpan::Span(context), true) = (self, recorder::is_in_use()) {
            if exception::are_only_events() {
                let leaving = failure.forget_what_is_recorded(context.span().span_context());
                match failure::hand_over(context, failure) {
                    None => {
                        leaving.leave_to(&current_context::current());
                        return;
                    }
                    Some(returned) => failure = returned,
                }
            }
        }
        self.record_failure(failure);
    }

    /// Records another failed item of a stream: only its event, as the first failure set `error.type` and the
    /// status, and an attribute that is set again is exported twice.
    #[cfg(feature = "stream")]
    #[cold]
    pub(crate) fn record_further_failure(&self, mut failure: Failure) {
        if self.is_recording() {
            self.record_exception(&mut failure);
            failure.leave_to(&current_context::current());
        }
    }

    fn record_exception(&self, failure: &mut Failure) {
        failure.forget_what_is_recorded(self.context().span().span_context());
        if let Some(attributes) = failure.take_event_attributes() {
            exception::record(self.context(), ExceptionOrigin::Returned, attributes);
        }
    }

    fn record_panic(&self) {
        if matches!(self, ActiveSpan::Context(_)) {
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

    // These end the span where it is: to move it would cost more than to end it.

    #[inline]
    pub(crate) fn end(&self) {
        let may_be_recording = self.may_be_recording();
        self.finish(may_be_recording, None);
    }

    /// The function returned: records the failure in its result, which was observed only if the span
    /// [may be recording](ActiveSpan::may_be_recording), and ends the span.
    #[inline(always)]
    pub(crate) fn finish(&self, may_be_recording: bool, failure: Option<Failure>) {
        if let Some(failure) = failure {
            self.record_last_failure(failure);
        }
        if let (ActiveSpan::Span(context), true) = (self, may_be_recording) {
            context.span().end_with_timestamp(now());
            current_context::note_ended_span();
        }
    }

    /// A panic unwinds through the function: records it and ends the span.
    pub(crate) fn unwind(&self) {
        self.record_panic();
        self.end();
    }

    /// The future was dropped before it was ready: marks the span as cancelled and ends it.
    pub(crate) fn cancel(&self) {
        self.cancel_at(now());
    }

    /// The same where it was dropped some time ago.
    pub(crate) fn cancel_at(&self, time: SystemTime) {
        if let ActiveSpan::Span(context) = self {
            let span = context.span();
            span.set_attribute(KeyValue::new("traced.cancelled", true));
            span.end_with_timestamp(time);
            current_context::note_ended_span();
        }
    }
}
