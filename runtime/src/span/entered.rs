//! A span that is current on this thread, for the macros' ways of running a body in a span.

use std::cell::Cell;
use std::marker::PhantomData;
use std::{mem, thread};

use opentelemetry::{Context, ContextGuard};

use super::active::ActiveSpan;
use super::start::Hold;
use super::started::Started;
use crate::call_site::CallSite;
use crate::current_context::attach;
use crate::failure::Failure;
#[cfg(feature = "metrics")]
use crate::metrics::Measurement;
use crate::outcome::{Called, Observer, Returns};
use crate::polls::{self, Place};

/// A span that is current on this thread.
///
/// If it is dropped before the result was observed, a panic is assumed to be unwinding.
#[derive(Debug, Default)]
#[must_use]
pub struct Entered {
    attached: Option<Attached>,
}

#[derive(Debug)]
struct Attached {
    // Before `active`, so that the span is detached before it ends. `None` once it is detached.
    guard: Option<ContextGuard>,
    active: ActiveSpan,
}

impl Attached {
    #[inline]
    fn new(active: ActiveSpan) -> Self {
        let guard = active.own_context().cloned().and_then(attach);
        Attached { guard, active }
    }

    /// Detaches the span: it is not current any more.
    #[inline]
    fn detach(&mut self) -> &ActiveSpan {
        self.guard = None;
        &self.active
    }
}

impl Entered {
    #[inline]
    pub(super) fn nothing() -> Self {
        Entered { attached: None }
    }

    /// Whether there is a span.
    #[inline]
    fn is_active(&self) -> bool {
        self.attached.is_some()
    }

    /// Ends the span with the failure that `observe` finds in the function's result.
    // Not generic and out of line, as code that is generic over the result is compiled for every annotated function.
    #[inline(never)]
    fn settle(&mut self, observe: &mut dyn FnMut() -> Option<Failure>) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        // The span is still attached: if `observe` panics, it ends as after any other panic.
        let may_be_recording = attached.active.may_be_recording();
        let failure = match may_be_recording {
            true => observe(),
            false => {
                let observing = attached.active.begin_observing_unrecorded();
                observing.and_then(|_observing| observe())
            }
        };
        attached.detach().finish(may_be_recording, failure);
        self.attached = None;
    }

    /// Turns this into a guard beside a body that is not moved into a closure. Dropping the guard is an ordinary exit,
    /// unless a panic has begun meanwhile.
    pub fn until_dropped(mut self) -> Guard {
        Guard {
            attached: self.attached.take(),
            was_panicking: thread::panicking(),
            failure: Cell::new(None),
        }
    }

    #[cold]
    #[inline(never)]
    fn unwind(&mut self) {
        match self.attached.take() {
            Some(mut attached)
                if attached.guard.is_some() || attached.active.own_context().is_none() =>
            {
                attached.detach().unwind();
            }
            // A processor panicked while the span was being ended.
            _ => {}
        }
    }

    /// Detaches the span, which a future will end. `closure` returns the name of the type of a closure in the function.
    pub(crate) fn suspend(mut self, closure: fn() -> &'static str) -> Started {
        let attached = self.attached.take();
        let place = || polls::are_watched().then_some(Place::Around(closure));
        // The pattern drops the guard.
        let active = attached.map(|Attached { active, .. }| active);
        Started {
            active: match active {
                Some(active @ ActiveSpan::Watched(_)) => Some(active.of_future(place())),
                Some(active) if polls::are_watched() => Some(active.of_future(place())),
                active => active,
            },
        }
    }
}

impl Hold for Entered {
    // The context is moved only after its clone was attached: moving it right after it was written would stall.
    #[inline(always)]
    fn hold_span(&mut self, _: &'static CallSite, context: &mut Context) {
        let guard = attach(context.clone());
        let active = ActiveSpan::Span(mem::take(context));
        self.attached = Some(Attached { guard, active });
    }

    fn hold_context(&mut self, context: Box<Context>) {
        self.attached = Some(Attached::new(ActiveSpan::Context(context)));
    }

    #[cfg(feature = "metrics")]
    fn measure(&mut self, mut measurement: Measurement) {
        measurement.mark_as_call();
        let (guard, active) = match self.attached.take() {
            Some(Attached { guard, active }) => (guard, Some(active)),
            None => (None, None),
        };
        let active = ActiveSpan::measured(active, measurement);
        self.attached = Some(Attached { guard, active });
    }
}

impl Started {
    /// Makes the span current on this thread until the result is dropped.
    pub fn enter(self) -> Entered {
        Entered {
            attached: self.of_call().active.map(Attached::new),
        }
    }
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        if self.is_active() {
            self.unwind();
        }
    }
}

/// A span that is current on this thread until this is dropped.
#[must_use]
pub struct Guard {
    attached: Option<Attached>,
    was_panicking: bool,
    failure: Cell<Option<Failure>>,
}

impl Guard {
    /// Observes a value with which the function exits, and returns the value.
    #[inline]
    pub fn observe_exit<R>(&self, value: R, observe: impl FnOnce(&R) -> Option<Failure>) -> R {
        let attached = self.attached.as_ref();
        if let Some(_observing) = attached.and_then(|attached| attached.active.begin_observing()) {
            self.failure.set(observe(&value));
        }
        value
    }

    /// As [`observe_exit`](Self::observe_exit), for a value whose type is inferred from `returns`. The value
    /// is an argument, so that its temporaries live as long as they would without the span.
    #[inline]
    pub fn observe_typed_exit<R>(
        &self,
        _returns: &Returns<R>,
        value: R,
        observe: impl FnOnce(&R) -> Option<Failure>,
    ) -> R {
        self.observe_exit(value, observe)
    }

    /// Observes a `Result` that was written as an `Err`, and returns the error.
    #[inline]
    pub fn observe_error_exit<T, E>(
        &self,
        result: Result<T, E>,
        observe: impl FnOnce(&Result<T, E>) -> Option<Failure>,
    ) -> E {
        match self.observe_exit(result, observe) {
            Err(error) => error,
            Ok(_) => unreachable!("written as an `Err`"),
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        let active = attached.detach();
        if thread::panicking() && !self.was_panicking {
            active.unwind();
        } else {
            let may_be_recording = active.may_be_recording();
            active.finish(may_be_recording, self.failure.take());
        }
    }
}

/// Runs `body` in `span`; `observer` finds the failure in its result.
///
/// The bound `FnOnce` lets a method's body return a `&mut` borrow of `self`: a closure that is called where
/// it is written is inferred to be `FnMut`, whose result may not borrow from what it captured. The macro writes the
/// return type as `R` and not on the closure, as Clippy's `result_large_err` checks the written return type of
/// closures.
#[inline]
pub fn run<R, B, O>(mut span: Entered, body: B, mut observer: O) -> R
where
    B: FnOnce() -> R,
    O: Observer<R>,
{
    let out = body();
    // Checked here, so that no closure is made without a provider. The closure owns the observer, as most observers
    // have no size.
    if span.is_active() {
        let out = &out;
        span.settle(&mut move || observer.observe(out));
    }
    // Dropping the span would count as unwinding, and it is empty now.
    mem::forget(span);
    out
}

/// [`run`] with a closure as the observer, the type of whose parameter is inferred.
#[inline]
pub fn run_with<R, B, O>(span: Entered, body: B, observe: O) -> R
where
    B: FnOnce() -> R,
    O: FnMut(&R) -> Option<Failure>,
{
    run(span, body, Called(observe))
}

/// [`run_with`] for an expression that is itself a closure. The first argument makes the expected type of the result
/// known before the compiler checks the body.
#[inline]
pub fn run_closure<R, B, O>(_: PhantomData<R>, span: Entered, body: B, observe: O) -> R
where
    B: FnOnce() -> R,
    O: FnMut(&R) -> Option<Failure>,
{
    run_with(span, body, observe)
}

/// Ends the span of `guard`, in which `value` was made, and returns the value.
///
/// The value is an argument, so that the temporaries that it borrows live as long as they would without the span.
/// The first argument makes the expected type known before the compiler checks the value.
#[inline]
pub fn in_guard<R>(
    _: PhantomData<R>,
    guard: Guard,
    value: R,
    observe: impl FnOnce(&R) -> Option<Failure>,
) -> R {
    guard.observe_exit(value, observe)
}

/// `observe_exit!(guard, expr, returns)`: observes `expr`, a value with which the function exits and whose type is
/// inferred from `returns`. `observe_exit!(guard as Server if predicate, ..)` for a span of that kind, and for
/// `error_if`. The operand of `?` has no `returns`, as its type is not written.
///
/// `observe_exit!(@error guard, Err(error), returns)`: observes `error`, which the function returns in an `Err`.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observe_exit {
    ($guard:ident $(as $kind:ident)? $(if $predicate:expr)?, $value:expr, $returns:ident) => {
        $guard.observe_typed_exit(&$returns, $value, |out| {
            $crate::__traced_fails!(out $(, as $kind)? $(, $predicate)?)
        })
    };
    ($guard:ident $(as $kind:ident)? $(if $predicate:expr)?, $value:expr) => {
        $guard.observe_exit($value, |out| {
            $crate::__private::observe!(@inferred out $(, $predicate)?)
        })
    };
    (@error $guard:ident $(as $kind:ident)? $(if $predicate:expr)?, $value:expr, $returns:ident) => {{
        let out;
        if false {
            // Determines the type of the value. The type cannot be written here, as its name may mean another type
            // inside the body.
            out = $crate::__private::Returns::value(&$returns);
        } else {
            out = $value;
        }
        $guard.observe_error_exit(out, |out| {
            $crate::__traced_fails!(out $(, as $kind)? $(, $predicate)?)
        })
    }};
}
