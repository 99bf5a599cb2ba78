//! The state of a future's span: not started, active, or ended.

#[cfg(any(feature = "metrics", feature = "stream"))]
mod measured;

use std::mem::{self, ManuallyDrop};
use std::panic::{RefUnwindSafe, UnwindSafe};

use opentelemetry::{Context, ContextGuard};

use super::handoff::{SpanFromInner, received};
use super::watched::Watched;
use crate::call_site::CallSite;
use crate::current_context::{self, ContextStack};
use crate::failure::Failure;
#[cfg(feature = "metrics")]
use crate::metrics::Measurement;
use crate::polls::{self, Place};
use crate::reused::Reused;
use crate::span::{ActiveSpan, Deferred, Hold, Started, polls_of};

/// The state of a future's span.
#[derive(Debug)]
pub struct SpanState(Inner);

// A panic in a poll leaves the state without a span (`PollGuard`), so a future in a span is as unwind safe as the
// user's future.
impl UnwindSafe for SpanState {}
impl RefUnwindSafe for SpanState {}

#[derive(Debug)]
enum Inner {
    /// There is no span: there is no provider, or the span has ended.
    Without,
    /// The inner future will start the span and pass it on.
    HandedOver,
    Deferred(Deferred),
    Active(ActiveSpan),
    /// Measured, with or without a span. A variant of its own, so that polls of other futures need no further check.
    Watched(Reused<Watched>),
}

impl Inner {
    #[inline]
    fn active(active: ActiveSpan) -> Self {
        match active {
            ActiveSpan::Watched(watched) => Inner::Watched(Watched::of(watched)),
            active => Inner::Active(active),
        }
    }
}

impl From<Started> for SpanState {
    #[inline]
    fn from(span: Started) -> Self {
        // Separate branches, so that nothing is copied without a span.
        match span.active {
            None => SpanState(Inner::Without),
            Some(active) => SpanState(Inner::active(active)),
        }
    }
}

impl From<Deferred> for SpanState {
    #[inline]
    fn from(span: Deferred) -> Self {
        SpanState(Inner::Deferred(span))
    }
}

impl From<SpanFromInner> for SpanState {
    #[inline]
    fn from(_: SpanFromInner) -> Self {
        SpanState(Inner::HandedOver)
    }
}

impl Hold for SpanState {
    #[inline]
    fn hold_span(&mut self, site: &'static CallSite, context: &mut Context) {
        let active = Inner::Active(ActiveSpan::Span(mem::take(context)));
        // A span is held once, so the replaced value has nothing to drop.
        debug_assert!(matches!(self.0, Inner::Without), "held twice");
        mem::forget(mem::replace(&mut self.0, active));
        if polls::are_watched() {
            self.watch(site);
        }
    }

    fn hold_context(&mut self, context: Box<Context>) {
        self.0 = Inner::Active(ActiveSpan::Context(context));
    }

    #[cfg(feature = "metrics")]
    #[cold]
    fn measure(&mut self, measurement: Measurement) {
        let active = match mem::replace(&mut self.0, Inner::Without) {
            Inner::Watched(mut watched) => {
                watched.measurement = Some(measurement);
                self.0 = Inner::Watched(watched);
                return;
            }
            Inner::Active(active) => Some(active),
            _ => None,
        };
        self.0 = Inner::Watched(Watched::measured(active, measurement));
    }
}

impl SpanState {
    /// Whether the inner future is polled without a span, because there is none or because the
    /// inner future starts it.
    #[inline]
    pub(super) fn is_without(&mut self) -> bool {
        match &self.0 {
            Inner::Without | Inner::HandedOver => true,
            Inner::Deferred(Deferred {
                site: Some(site),
                options: None,
            }) if site.is_absent() => {
                self.0 = Inner::Without;
                true
            }
            _ => false,
        }
    }

    /// Starts the span, if it was deferred.
    fn begin(&mut self) {
        let Inner::Deferred(span) = &mut self.0 else {
            return;
        };
        let (site, options) = (span.site, span.options.take());
        // The options were taken out, so the replaced value has nothing to drop.
        mem::forget(mem::replace(&mut self.0, Inner::Without));
        Deferred { site, options }.start(self);
    }

    /// Takes the span that the inner future passed on, if it is pending for that reason. Then it is to be polled again.
    #[inline]
    pub(super) fn receives(&mut self) -> bool {
        matches!(self.0, Inner::HandedOver) && self.take_over()
    }

    #[inline(never)]
    fn take_over(&mut self) -> bool {
        let received = received().map_or(Inner::Without, Inner::active);
        // The replaced value is `HandedOver`, which has nothing to drop.
        mem::forget(mem::replace(&mut self.0, received));
        !matches!(self.0, Inner::Without)
    }

    // The functions below are not generic over the future, so they are compiled once for all annotated functions.
    /// Begins a poll: starts the span if it was deferred, and makes it current. `None` if there is no span.
    #[inline(never)]
    pub(crate) fn begin_poll(&mut self) -> Option<ContextGuard> {
        match (&self.0, ContextStack::of_this_thread()) {
            (Inner::Active(ActiveSpan::Span(context)), Some(stack)) => {
                Some(stack.attach(context.clone()))
            }
            // The stack is gone: the span is leaked when the future is dropped.
            (_, None) => None,
            (_, Some(stack)) => self.begin_other_poll(stack),
        }
    }

    /// Begins the first poll, and polls with a span that is measured or not the future's own.
    #[inline(never)]
    fn begin_other_poll(&mut self, stack: ContextStack) -> Option<ContextGuard> {
        self.begin();
        let context = match &mut self.0 {
            Inner::Active(active) => active.context(),
            Inner::Watched(watched) => watched.begin()?,
            _ => return None,
        };
        Some(stack.attach(context.clone()))
    }

    /// Ends a poll, whose span is still current.
    #[inline(always)]
    pub(crate) fn end_poll(&mut self) {
        if let Inner::Watched(_) = self.0 {
            self.end_watched();
        }
    }

    #[cold]
    fn end_watched(&mut self) {
        if let Inner::Watched(watched) = &mut self.0 {
            watched.end();
        }
    }

    #[cold]
    fn watch(&mut self, site: &'static CallSite) {
        self.0 = match mem::replace(&mut self.0, Inner::Without) {
            Inner::Active(ActiveSpan::Span(context)) => {
                let polls = polls_of(&context, Place::Site(site));
                Inner::Watched(Watched::timed(context, polls))
            }
            other => other,
        };
    }

    /// Drops the inner future in the span and cancels the span, unless the future was ready.
    #[inline]
    pub(crate) fn leave(&mut self, drop_inner: &mut dyn FnMut()) {
        if !matches!(self.0, Inner::Without | Inner::HandedOver) {
            self.cancel(drop_inner);
        }
    }

    /// As [`leave`](Self::leave) for a stream whose last item was a failure, or a body that was sent completely: its
    /// span ends without being cancelled.
    #[cfg(any(feature = "actix-web", feature = "stream", feature = "tower"))]
    pub(crate) fn leave_ended(&mut self, drop_inner: &mut dyn FnMut()) {
        self.leave_by(drop_inner, ActiveSpan::end);
    }

    #[inline(never)]
    fn cancel(&mut self, drop_inner: &mut dyn FnMut()) {
        self.leave_by(drop_inner, ActiveSpan::cancel);
    }

    #[inline]
    fn leave_by(&mut self, drop_inner: &mut dyn FnMut(), end: fn(&ActiveSpan)) {
        // Moved to the stack, so that it is dropped even if `drop_inner` panics. A deferred span does not start now.
        let mut state = SpanState(mem::replace(&mut self.0, Inner::Without));
        let polling = PollGuard(&mut state);
        let Some(stack) = ContextStack::of_this_thread() else {
            drop_inner();
            polling.end();
            current_context::leak(state);
            return;
        };
        let guard = polling.0.active().map(|active| active.attach(stack));
        drop_inner();
        drop(guard);
        polling.end();
        if let Some(active) = state.take_active() {
            end(&active);
        }
    }

    /// Ends the span without a failure.
    #[cfg(any(
        feature = "actix-web",
        feature = "apalis",
        feature = "redis",
        feature = "stream",
        feature = "tower"
    ))]
    pub(crate) fn succeed(&mut self) {
        #[cfg(feature = "metrics")]
        if let Some(measurement) = self.measurement() {
            measurement.returned();
        }
        if let Some(active) = self.take_active() {
            active.end();
        }
    }

    /// Calls `run` with the span current, if there is one.
    #[cfg(any(
        feature = "actix-web",
        feature = "apalis",
        feature = "redis",
        feature = "sqlx",
        feature = "tower"
    ))]
    pub(crate) fn enter<R>(&mut self, run: impl FnOnce() -> R) -> R {
        let polling = PollGuard(self);
        let Some(attached) = polling.0.begin_poll() else {
            polling.end();
            return run();
        };
        let out = run();
        polling.pause(attached);
        out
    }

    #[inline]
    pub(crate) fn active(&self) -> Option<&ActiveSpan> {
        match &self.0 {
            Inner::Active(active) => Some(active),
            Inner::Watched(watched) => watched.active.as_ref(),
            _ => None,
        }
    }

    /// Takes the span out, for the caller to end it.
    pub(crate) fn take_active(&mut self) -> Option<ActiveSpan> {
        match mem::replace(&mut self.0, Inner::Without) {
            Inner::Active(active) => Some(active),
            Inner::Watched(mut watched) => {
                watched.end();
                watched.record();
                watched.active.take()
            }
            _ => None,
        }
    }
}

/// Guards a poll of the inner future: if it is dropped before [`PollGuard::end`], a panic is assumed to be
/// unwinding.
///
/// It must be declared before the guard of the context, so that the context is detached first.
pub(crate) struct PollGuard<'l>(pub(crate) &'l mut SpanState);

impl PollGuard<'_> {
    /// To be called after the inner future returned from its poll.
    #[inline]
    pub(crate) fn end(self) {
        mem::forget(self);
    }

    /// Ends a poll that was pending.
    #[inline(always)]
    pub(crate) fn pause(self, attached: ContextGuard) {
        self.0.end_poll();
        drop(attached);
        self.end();
    }

    /// Ends the span after the inner future was ready, with the failure that `observe` finds.
    #[inline(never)]
    pub(crate) fn finish(
        self,
        attached: ContextGuard,
        observe: &mut dyn FnMut() -> Option<Failure>,
    ) {
        // Locals in this order, so that the span is detached before it ends if `observe` panics.
        let polling = self;
        let attached = attached;
        if let Inner::Watched(watched) = &mut polling.0.0 {
            watched.end();
            watched.record();
        }
        let active = polling.0.active();
        let may_be_recording = active.is_some_and(ActiveSpan::may_be_recording);
        let failure = match may_be_recording {
            true => observe(),
            false => None,
        };
        #[cfg(feature = "metrics")]
        if let Inner::Watched(watched) = &polling.0.0 {
            watched.settle(failure.as_ref(), may_be_recording, observe);
        }
        drop(attached);
        let mut polling = ManuallyDrop::new(polling);
        let last = EndGuard(polling.0);
        // Ended in place, as moving the span would cost more.
        if let Some(active) = last.0.active() {
            active.finish(may_be_recording, failure);
        }
    }
}

impl Drop for PollGuard<'_> {
    #[cold]
    fn drop(&mut self) {
        #[cfg(feature = "metrics")]
        if let Some(measurement) = self.0.measurement() {
            measurement.panicked();
        }
        if let Some(active) = self.0.take_active() {
            match ContextStack::of_this_thread() {
                Some(_) => active.unwind(),
                None => current_context::leak(active),
            }
        }
    }
}

/// Guards the end of the span, so that the state has no span afterwards even if a processor panics.
struct EndGuard<'l>(&'l mut SpanState);

impl Drop for EndGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.0 = Inner::Without;
    }
}
