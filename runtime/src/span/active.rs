//! A span that has started: what is recorded on it, and how it ends.

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, ContextGuard, KeyValue};

use crate::automatic_status::set_automatic_status;
use crate::current_context::{self, ContextStack};
use crate::end_time::now;
use crate::exception::{self, Origin};
use crate::failure::Failure;
use crate::panic;

/// What a call has of its own, in the context that is current for its length.
///
/// The two that are rare are in a box, so that the others need no tag: every
/// future that is traced holds one.
#[derive(Debug)]
pub(crate) enum ActiveSpan {
    /// A span, which it ends.
    Span(Context),
    /// The caller's span, on which it records (`current`).
    Borrowed(Box<Context>),
    /// A context without a span of its own: baggage, or a remote parent that is
    /// passed on though nothing here records.
    Context(Box<Context>),
}

impl ActiveSpan {
    #[inline]
    pub(crate) fn context(&self) -> &Context {
        match self {
            ActiveSpan::Span(context) => context,
            ActiveSpan::Borrowed(context) | ActiveSpan::Context(context) => context,
        }
    }

    // Out of line, so that every poll of every future is a call and no more.
    #[inline(never)]
    pub(crate) fn attach(&self, stack: ContextStack) -> ContextGuard {
        stack.attach(self.context().clone())
    }

    /// Whether there is a span to record on, and it records.
    pub(crate) fn is_recording(&self) -> bool {
        !matches!(self, ActiveSpan::Context(_)) && self.context().span().is_recording()
    }

    /// Whether what the function did is worth asking for. An answer that costs no
    /// lock where there are spans; that of a span that was ended by hand is late,
    /// so ask [`ActiveSpan::is_recording`] before the failure itself is written.
    #[inline]
    pub(crate) fn may_be_recording(&self) -> bool {
        match self {
            ActiveSpan::Span(context) if context.span().span_context().is_sampled() => true,
            active => active.is_recording(),
        }
    }

    /// An `Err` leaves the function: event, then `error.type`, then status.
    ///
    /// Call it with the span detached, so that the context it leaves to is the
    /// current one.
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

    /// Another item of a stream that failed already is an `Err`: that of the first says why the
    /// span failed, as an attribute that is set again is there twice.
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
            exception::record(self.context(), Origin::Returned, attributes);
        }
    }

    fn record_panic(&self) {
        if matches!(self, ActiveSpan::Context(_)) {
            return;
        }
        let span = self.context().span();
        let report = panic::unwinding_through(span.span_context());
        if let Some(attributes) = report.event_attributes {
            exception::record(self.context(), Origin::Panicked, attributes);
        }
        span.set_attribute(KeyValue::new("error.type", "panic"));
        set_automatic_status(self.context(), report.message);
    }

    // These leave the span where it is, ended: to move it would cost more than to end it.

    #[inline]
    pub(crate) fn end(&self) {
        let may_be_recording = self.may_be_recording();
        self.finish(may_be_recording, None);
    }

    /// The function returned; `failure` is what it returned, if that is one: for which it was
    /// asked because the span [may be recording](ActiveSpan::may_be_recording).
    #[inline(always)]
    pub(crate) fn finish(&self, may_be_recording: bool, failure: Option<Failure>) {
        if let Some(failure) = failure {
            self.record_failure(failure);
        }
        if let (ActiveSpan::Span(context), true) = (self, may_be_recording) {
            context.span().end_with_timestamp(now());
            current_context::note_ended_span();
        }
    }

    /// A panic unwinds through the function.
    pub(crate) fn unwind(&self) {
        self.record_panic();
        self.end();
    }

    /// The future was dropped before it finished.
    pub(crate) fn cancel(&self) {
        if let ActiveSpan::Span(context) = self {
            let span = context.span();
            span.set_attribute(KeyValue::new("traced.cancelled", true));
            span.end_with_timestamp(now());
            current_context::note_ended_span();
        }
    }
}
