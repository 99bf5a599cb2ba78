//! Where the span of a future is in its life: before, in and after it.

use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe};

use opentelemetry::{Context, ContextGuard};

use super::handoff::{Expected, received};
use crate::current_context::{self, ContextStack};
use crate::failure::Failure;
use crate::span::{Deferred, Hold, Live, Started};

/// What a future has its span from.
pub trait Source: Into<Phase> {
    /// Whether the inner future starts it. Known by type, as the code that takes it over is
    /// in every future that may have to.
    const IS_INSIDE: bool = false;
}

impl Source for Started {}

impl Source for Deferred {}

impl Source for Expected {
    const IS_INSIDE: bool = true;
}

/// Where the span of a future is in its life.
#[derive(Debug)]
pub struct Phase(Inner);

// A future in a span is as safe to unwind through as the user's own: a panic leaves its phase
// without a span (`Visit`), and nothing else in there is seen after it.
impl UnwindSafe for Phase {}
impl RefUnwindSafe for Phase {}

#[derive(Debug)]
enum Inner {
    /// Nothing to do (any more): no provider, or the span has ended.
    Without,
    /// The inner future starts the span, and hands it over.
    Expected,
    Deferred(Deferred),
    Live(Live),
}

impl From<Started> for Phase {
    #[inline]
    fn from(span: Started) -> Self {
        // Each case for itself: where there is nothing, nothing is copied.
        match span.live {
            None => Phase(Inner::Without),
            Some(live) => Phase(Inner::Live(live)),
        }
    }
}

impl From<Deferred> for Phase {
    #[inline]
    fn from(span: Deferred) -> Self {
        Phase(Inner::Deferred(span))
    }
}

impl From<Expected> for Phase {
    #[inline]
    fn from(_: Expected) -> Self {
        Phase(Inner::Expected)
    }
}

impl Hold for Phase {
    #[inline]
    fn hold_span(&mut self, context: &mut Context) {
        self.0 = Inner::Live(Live::Span(mem::take(context)));
    }

    fn hold_context(&mut self, context: Box<Context>) {
        self.0 = Inner::Live(Live::Context(context));
    }
}

impl Phase {
    /// Whether the inner future is polled without a span: there will be none, or it is there
    /// that it starts.
    #[inline]
    pub(super) fn is_without(&mut self) -> bool {
        match &self.0 {
            Inner::Without | Inner::Expected => true,
            Inner::Deferred(Deferred {
                site: Some(site),
                draft: None,
            }) if site.is_absent() => {
                self.0 = Inner::Without;
                true
            }
            _ => false,
        }
    }

    /// Whether there is a span; it starts now if it was deferred.
    #[inline]
    fn is_live(&mut self) -> bool {
        match &self.0 {
            Inner::Live(_) => true,
            Inner::Without | Inner::Expected => false,
            Inner::Deferred(_) => self.begin(),
        }
    }

    fn begin(&mut self) -> bool {
        let Inner::Deferred(span) = &mut self.0 else {
            return false;
        };
        let (site, draft) = (span.site, span.draft.take());
        // In this order, as most have no draft, and then there is nothing to drop.
        self.0 = Inner::Without;
        Deferred { site, draft }.start(self);
        self.live().is_some()
    }

    /// The inner future was polled without a span, and wants to be polled again: whether
    /// that is because it handed one over.
    #[inline]
    pub(super) fn receives(&mut self) -> bool {
        matches!(self.0, Inner::Expected) && self.take_over()
    }

    #[inline(never)]
    fn take_over(&mut self) -> bool {
        self.0 = received().map_or(Inner::Without, Inner::Live);
        self.live().is_some()
    }

    #[inline]
    fn attach(&self, stack: ContextStack) -> ContextGuard {
        match &self.0 {
            Inner::Live(live) => live.attach(stack),
            _ => unreachable!("it is asked whether it is live"),
        }
    }

    // Here and not in the futures is what need not know their types: every annotated
    // function has a future of its own.

    /// Polls the inner future, in the span if there is one.
    #[inline(never)]
    pub(super) fn poll(&mut self, inner: &mut dyn Step) {
        // Where the stack is gone, the span stays behind when the future is dropped.
        let Some(stack) = ContextStack::of_this_thread().filter(|_| self.is_live()) else {
            inner.poll();
            return;
        };
        let visit = Visit(self);
        // Not an `Option` of a guard, as that is slow to arrive: it is written in two
        // pieces and read in one.
        let guard = visit.0.attach(stack);
        if !inner.poll() {
            drop(guard);
            visit.end();
            return;
        }
        let may_be_recording = visit.0.live().is_some_and(Live::may_be_recording);
        let failure = may_be_recording.then(|| inner.observe()).flatten();
        drop(guard);
        visit.end();
        let last = Last(self);
        if let Some(live) = last.0.live() {
            live.finish(may_be_recording, failure);
        }
    }

    /// The future is dropped, and if it was not ready yet so is the inner one, in the span.
    #[inline]
    pub(crate) fn leave(&mut self, drop_inner: &mut dyn FnMut()) {
        if !matches!(self.0, Inner::Without | Inner::Expected) {
            self.cancel(drop_inner);
        }
    }

    /// The same of a stream, of which the last item was a failure: it was not cancelled.
    #[cfg(feature = "stream")]
    pub(crate) fn leave_failed(&mut self, drop_inner: &mut dyn FnMut()) {
        self.leave_by(drop_inner, Live::end);
    }

    #[inline(never)]
    fn cancel(&mut self, drop_inner: &mut dyn FnMut()) {
        self.leave_by(drop_inner, Live::cancel);
    }

    #[inline]
    fn leave_by(&mut self, drop_inner: &mut dyn FnMut(), end: fn(&Live)) {
        // Here, it is dropped even if `drop_inner` panics. One that never started is not
        // worth starting now.
        let mut phase = Phase(mem::replace(&mut self.0, Inner::Without));
        let visit = Visit(&mut phase);
        let Some(stack) = ContextStack::of_this_thread() else {
            drop_inner();
            visit.end();
            current_context::leave(phase);
            return;
        };
        let guard = visit.0.live().map(|live| live.attach(stack));
        drop_inner();
        drop(guard);
        visit.end();
        if let Some(live) = phase.take_live() {
            end(&live);
        }
    }

    /// The end of a stream, which says nothing of its span.
    #[cfg(feature = "stream")]
    pub(crate) fn succeed(&mut self) {
        if let Some(live) = self.take_live() {
            live.end();
        }
    }

    #[inline]
    pub(crate) fn live(&self) -> Option<&Live> {
        match &self.0 {
            Inner::Live(live) => Some(live),
            _ => None,
        }
    }

    pub(crate) fn take_live(&mut self) -> Option<Live> {
        match mem::replace(&mut self.0, Inner::Without) {
            Inner::Live(live) => Some(live),
            _ => None,
        }
    }
}

/// What of a poll knows the types of the future.
pub(super) trait Step {
    /// Polls it, and says whether it is ready.
    fn poll(&mut self) -> bool;

    /// What the output says of the span.
    fn observe(&mut self) -> Option<Failure>;
}

/// While the inner future runs: dropped, it takes it that a panic is unwinding.
///
/// Declare it before the guard of the context, which is then detached first.
pub(crate) struct Visit<'l>(pub(crate) &'l mut Phase);

impl Visit<'_> {
    /// The inner future came back.
    #[inline]
    pub(crate) fn end(self) {
        mem::forget(self);
    }
}

impl Drop for Visit<'_> {
    #[cold]
    fn drop(&mut self) {
        if let Some(live) = self.0.take_live() {
            match ContextStack::of_this_thread() {
                Some(_) => live.unwind(),
                None => current_context::leave(live),
            }
        }
    }
}

/// While a span ends: there is none afterwards, even if a processor panics.
struct Last<'l>(&'l mut Phase);

impl Drop for Last<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.0 = Inner::Without;
    }
}
