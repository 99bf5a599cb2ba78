//! The state of a future's span: not started, active, or over.

use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe};

use opentelemetry::{Context, ContextGuard};

use super::handoff::{SpanFromInner, received};
use super::step::Step;
use super::watched::{TimedStep, Timing, Watched};
use crate::call_site::CallSite;
use crate::current_context::{self, ContextStack};
use crate::polls::{self, Place};
use crate::span::{ActiveSpan, Deferred, Hold, Started, Timed};

/// The source of a future's span: it started already, it starts at the first poll, or the inner future
/// starts it.
///
/// Sealed: the trait cannot be named outside of this crate.
pub trait Source: Into<SpanState> {
    /// Whether the inner future starts the span. A constant of the type, so that only the futures that
    /// need it hold the code that takes the span over.
    const IS_INSIDE: bool = false;
}

impl Source for Started {}

impl Source for Deferred {}

impl Source for SpanFromInner {
    const IS_INSIDE: bool = true;
}

/// The state of a future's span.
#[derive(Debug)]
pub struct SpanState(Inner);

// A future in a span is as safe to unwind through as the user's own future: after a panic its state has no
// span (`PollGuard`), and nothing else in it is observed.
impl UnwindSafe for SpanState {}
impl RefUnwindSafe for SpanState {}

#[derive(Debug)]
enum Inner {
    /// Nothing to do: there is no provider, or the span has ended.
    Without,
    /// The inner future will start the span and hand it over.
    HandedOver,
    Deferred(Deferred),
    Active(ActiveSpan),
    /// Active, and its polls are watched. Not a kind of `Active`, so that a poll of any other future does not look.
    Timed(Box<Watched>),
}

impl Inner {
    #[inline]
    fn active(active: ActiveSpan) -> Self {
        match active {
            ActiveSpan::Timed(timed) => Inner::Timed(Watched::new(*timed)),
            active => Inner::Active(active),
        }
    }
}

impl From<Started> for SpanState {
    #[inline]
    fn from(span: Started) -> Self {
        // A branch each: without a span, nothing is copied.
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
        self.0 = Inner::Active(ActiveSpan::Span(mem::take(context)));
        if polls::are_watched() {
            self.watch(site);
        }
    }

    fn hold_context(&mut self, context: Box<Context>) {
        self.0 = Inner::Active(ActiveSpan::Context(context));
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

    /// Whether there is a span whose polls are not watched. A deferred span starts now.
    #[inline]
    fn has_span(&mut self) -> bool {
        match &self.0 {
            Inner::Active(_) => true,
            Inner::Without | Inner::HandedOver | Inner::Timed(_) => false,
            Inner::Deferred(_) => self.begin(),
        }
    }

    fn begin(&mut self) -> bool {
        let Inner::Deferred(span) = &mut self.0 else {
            return false;
        };
        let (site, options) = (span.site, span.options.take());
        // In this order, as most spans have no options, and then there is nothing to drop.
        self.0 = Inner::Without;
        Deferred { site, options }.start(self);
        matches!(self.0, Inner::Active(_))
    }

    /// Takes over the span that the inner future handed over, if it is pending because it did; then it is
    /// to be polled again.
    #[inline]
    pub(super) fn receives(&mut self) -> bool {
        matches!(self.0, Inner::HandedOver) && self.take_over()
    }

    #[inline(never)]
    fn take_over(&mut self) -> bool {
        self.0 = received().map_or(Inner::Without, Inner::active);
        self.active().is_some()
    }

    #[inline]
    fn attach(&self, stack: ContextStack) -> ContextGuard {
        match &self.0 {
            Inner::Active(active) => active.attach(stack),
            _ => unreachable!("checked before: the span is active"),
        }
    }

    // These functions do not depend on the types of the future, so they are compiled once: every annotated
    // function has a future type of its own.

    /// Polls the inner future, in the span if there is one.
    #[inline(never)]
    pub(super) fn poll(&mut self, inner: &mut dyn Step) {
        // If the stack is gone, the span is leaked when the future is dropped.
        let Some(stack) = ContextStack::of_this_thread().filter(|_| self.has_span()) else {
            self.poll_otherwise(inner);
            return;
        };
        self.poll_in_span(stack, inner);
    }

    /// Without a span, or with one whose polls are watched.
    #[cold]
    fn poll_otherwise(&mut self, inner: &mut dyn Step) {
        let stack = ContextStack::of_this_thread();
        let timing = stack.and_then(|stack| Some((stack, self.timing()?)));
        let Some((stack, timing)) = timing else {
            inner.poll();
            return;
        };
        let mut step = TimedStep { inner, timing };
        self.poll_in_span(stack, &mut step);
        self.keep(step.timing);
    }

    #[cold]
    fn watch(&mut self, site: &'static CallSite) {
        self.0 = match mem::replace(&mut self.0, Inner::Without) {
            Inner::Active(ActiveSpan::Span(context)) => {
                Inner::Timed(Watched::new(*Timed::new(context, Place::Site(site))))
            }
            other => other,
        };
    }

    /// Times a poll if that is wanted; meanwhile the span is kept as in [`keep`](Self::keep).
    #[inline]
    pub(crate) fn timing(&mut self) -> Option<Timing> {
        match matches!(self.0, Inner::Timed(_)) {
            true => self.take_timing(),
            false => None,
        }
    }

    #[cold]
    fn take_timing(&mut self) -> Option<Timing> {
        match mem::replace(&mut self.0, Inner::Without) {
            Inner::Timed(timed) => {
                self.0 = Inner::Active(ActiveSpan::Span(timed.active.context().clone()));
                Some(Timing(timed))
            }
            other => {
                self.0 = other;
                None
            }
        }
    }

    /// The next poll is watched too, if the span has not ended.
    #[cold]
    pub(crate) fn keep(&mut self, timing: Timing) {
        if let Inner::Active(_) = self.0 {
            self.0 = Inner::Timed(timing.0);
        }
    }

    #[inline(always)]
    fn poll_in_span(&mut self, stack: ContextStack, inner: &mut dyn Step) {
        let polling = PollGuard(self);
        // A plain guard, as an `Option` would be written in two pieces and read in one, which
        // stalls.
        let guard = polling.0.attach(stack);
        if !inner.poll() {
            drop(guard);
            polling.end();
            return;
        }
        let may_be_recording = polling.0.plain().is_some_and(ActiveSpan::may_be_recording);
        let failure = may_be_recording.then(|| inner.observe()).flatten();
        drop(guard);
        polling.end();
        let last = EndGuard(self);
        if let Some(active) = last.0.plain() {
            active.finish(may_be_recording, failure);
        }
    }

    /// The future is dropped: drops the inner future in the span, if it was not ready yet.
    #[inline]
    pub(crate) fn leave(&mut self, drop_inner: &mut dyn FnMut()) {
        if !matches!(self.0, Inner::Without | Inner::HandedOver) {
            self.cancel(drop_inner);
        }
    }

    /// As [`leave`](Self::leave) for a stream whose last item was a failure, and for a body that
    /// was sent whole: it has ended and was not cancelled.
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
        // Moved here, so that it is dropped even if `drop_inner` panics. A span that never started does
        // not start now.
        let mut state = SpanState(mem::replace(&mut self.0, Inner::Without));
        let polling = PollGuard(&mut state);
        let Some(stack) = ContextStack::of_this_thread() else {
            drop_inner();
            polling.end();
            current_context::leave(state);
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

    /// The stream ended, without a failure to record.
    #[cfg(any(
        feature = "actix-web",
        feature = "apalis",
        feature = "redis",
        feature = "stream",
        feature = "tower"
    ))]
    pub(crate) fn succeed(&mut self) {
        if let Some(active) = self.take_active() {
            active.end();
        }
    }

    /// Runs a part of what is in the span; without a span, runs it all the same.
    #[cfg(any(
        feature = "actix-web",
        feature = "apalis",
        feature = "redis",
        feature = "sqlx",
        feature = "tower"
    ))]
    pub(crate) fn enter<R>(&mut self, run: impl FnOnce() -> R) -> R {
        let Some(stack) = ContextStack::of_this_thread() else {
            return run();
        };
        let timing = self.timing();
        let polling = PollGuard(self);
        let guard = polling.0.active().map(|active| active.attach(stack));
        let out = match &timing {
            None => run(),
            Some(timing) => timing.watch(run, |_| false),
        };
        drop(guard);
        if let Some(timing) = timing {
            polling.0.keep(timing);
        }
        polling.end();
        out
    }

    #[inline]
    pub(crate) fn active(&self) -> Option<&ActiveSpan> {
        match &self.0 {
            Inner::Active(active) => Some(active),
            Inner::Timed(timed) => Some(&timed.active),
            _ => None,
        }
    }

    /// The span if its polls are not watched, as during a poll.
    #[inline]
    fn plain(&self) -> Option<&ActiveSpan> {
        match &self.0 {
            Inner::Active(active) => Some(active),
            _ => None,
        }
    }

    /// The span, to be ended.
    pub(crate) fn take_active(&mut self) -> Option<ActiveSpan> {
        match mem::replace(&mut self.0, Inner::Without) {
            Inner::Active(active) => Some(active),
            Inner::Timed(timed) => {
                timed.record();
                Some(timed.active)
            }
            _ => None,
        }
    }
}

/// Guards a poll of the inner future: if it is dropped before [`PollGuard::end`], a panic is assumed to be
/// unwinding.
///
/// Declare it before the guard of the context, which is then detached first.
pub(crate) struct PollGuard<'l>(pub(crate) &'l mut SpanState);

impl PollGuard<'_> {
    /// The inner future returned from its poll.
    #[inline]
    pub(crate) fn end(self) {
        mem::forget(self);
    }
}

impl Drop for PollGuard<'_> {
    #[cold]
    fn drop(&mut self) {
        if let Some(active) = self.0.take_active() {
            match ContextStack::of_this_thread() {
                Some(_) => active.unwind(),
                None => current_context::leave(active),
            }
        }
    }
}

/// Guards the end of the span: afterwards there is no span, even if a processor panics.
struct EndGuard<'l>(&'l mut SpanState);

impl Drop for EndGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.0 = Inner::Without;
    }
}
