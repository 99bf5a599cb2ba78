//! A span that is current on this thread: around a body, beside one, around a value.

use std::cell::Cell;
use std::marker::PhantomData;
use std::{mem, thread};

use opentelemetry::{Context, ContextGuard};

use super::active::ActiveSpan;
use super::start::Hold;
use super::started::Started;
use crate::current_context::attach;
use crate::failure::Failure;
use crate::outcome::{Called, Observer, Returns};

/// A span that is current on this thread.
///
/// Dropped before the result was looked at, it takes it that a panic is unwinding.
#[derive(Debug, Default)]
#[must_use]
pub struct Entered {
    attached: Option<Attached>,
}

#[derive(Debug)]
struct Attached {
    // Before `active`: the span is detached before it ends. `None` once it is detached.
    guard: Option<ContextGuard>,
    active: ActiveSpan,
}

impl Attached {
    #[inline]
    fn attached(active: ActiveSpan) -> Self {
        let guard = attach(active.context().clone());
        Attached { guard, active }
    }

    /// The span, not current any more.
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

    /// Ends the span, with what `observe` makes of the function's result.
    // Out of line, as every annotated function has a copy of what knows its types.
    #[inline(never)]
    fn settle(&mut self, observe: &mut dyn FnMut() -> Option<Failure>) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        // Still attached: should `observe` panic, the span ends as that of any panic.
        let may_be_recording = attached.active.may_be_recording();
        let failure = may_be_recording.then(observe).flatten();
        attached.detach().finish(may_be_recording, failure);
        self.attached = None;
    }

    /// Turns this into a guard for a body that cannot be asked for its result:
    /// its drop is an ordinary exit unless a panic began meanwhile.
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
            Some(mut attached) if attached.guard.is_some() => attached.detach().unwind(),
            // A processor panicked while the span ended.
            _ => {}
        }
    }

    /// Detaches the span, which goes on: its future will end it.
    pub(crate) fn suspend(mut self) -> Started {
        let attached = self.attached.take();
        Started {
            // The guard is dropped where the pattern leaves it.
            active: attached.map(|Attached { active, .. }| active),
        }
    }
}

impl Hold for Entered {
    // The context stays where it was written until its clone is attached.
    #[inline(always)]
    fn hold_span(&mut self, context: &mut Context) {
        let guard = attach(context.clone());
        let active = ActiveSpan::Span(mem::take(context));
        self.attached = Some(Attached { guard, active });
    }

    fn hold_context(&mut self, context: Box<Context>) {
        self.attached = Some(Attached::attached(ActiveSpan::Context(context)));
    }
}

impl Started {
    /// Makes the span current on this thread until the result is dropped.
    pub fn enter(self) -> Entered {
        Entered {
            attached: self.active.map(Attached::attached),
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
    /// Observes a value on its way out of the function, and gives it back.
    #[inline]
    pub fn observe_exit<R>(&self, value: R, observe: impl FnOnce(&R) -> Option<Failure>) -> R {
        let attached = self.attached.as_ref();
        if attached.is_some_and(|attached| attached.active.may_be_recording()) {
            self.failure.set(observe(&value));
        }
        value
    }

    /// The same for a value whose type `returns` gives. The value is an argument, so that its temporaries
    /// live as long as they did.
    #[inline]
    pub fn observe_typed_exit<R>(
        &self,
        _returns: &Returns<R>,
        value: R,
        observe: impl FnOnce(&R) -> Option<Failure>,
    ) -> R {
        self.observe_exit(value, observe)
    }

    /// The same for a `Result` that was written as an `Err`: gives its error back.
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

/// Runs `body` in `span` and asks `observer` what its result says.
///
/// That this is a function, and asks for an `FnOnce`, is what lets a method's
/// body give out a `&mut` borrow of `self`: a closure called where it is
/// written is inferred to be an `FnMut`, which may not. The macro names `R` here
/// and not on the closure, as Clippy judges what a closure says that it returns
/// more harshly than what a function does (`result_large_err`).
#[inline]
pub fn run<R, B, O>(mut span: Entered, body: B, mut observer: O) -> R
where
    B: FnOnce() -> R,
    O: Observer<R>,
{
    let out = body();
    // Asked here, so that without a provider there is not even the closure; and that has the
    // observer and not a reference to it, as most observers take no space.
    if span.is_active() {
        let out = &out;
        span.settle(&mut move || observer.observe(out));
    }
    // It is empty now, and its drop is for those who unwind.
    mem::forget(span);
    out
}

/// [`run`] with a closure to ask, which may leave out what it is called with.
#[inline]
pub fn run_with<R, B, O>(span: Entered, body: B, observe: O) -> R
where
    B: FnOnce() -> R,
    O: FnMut(&R) -> Option<Failure>,
{
    run(span, body, Called(observe))
}

/// The same of a closure's body. The first argument is there to be told the type that is
/// expected of the result, before the body is looked at.
#[inline]
pub fn run_closure<R, B, O>(_: PhantomData<R>, span: Entered, body: B, observe: O) -> R
where
    B: FnOnce() -> R,
    O: FnMut(&R) -> Option<Failure>,
{
    run_with(span, body, observe)
}

/// A value that was made in the span of `guard`, which ends here.
///
/// It is an argument, so that what it borrows from a temporary lives as long as without us,
/// and comes after one that is told the type which is expected of it.
#[inline]
pub fn in_guard<R>(
    _: PhantomData<R>,
    guard: Guard,
    value: R,
    observe: impl FnOnce(&R) -> Option<Failure>,
) -> R {
    guard.observe_exit(value, observe)
}

/// `observe_exit!(guard, expr, returns)`: `expr`, a value on its way out of the function, whose type
/// `returns` says; `observe_exit!(guard as Server if predicate, ..)` for a kind that tells, and for
/// `error_if`. The operand of a `?` has no type.
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
            $crate::__private::observe_inferred!(out $(, $predicate)?)
        })
    };
}

/// `observe_error_exit!(guard, Err(error), returns)`: `error`, on its way out.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observe_error_exit {
    ($guard:ident $(as $kind:ident)? $(if $predicate:expr)?, $value:expr, $returns:ident) => {{
        let out;
        if false {
            // The type of what follows, which is not written again: in the body, it may mean
            // something else.
            out = $returns.never();
        } else {
            out = $value;
        }
        $guard.observe_error_exit(out, |out| {
            $crate::__traced_fails!(out $(, as $kind)? $(, $predicate)?)
        })
    }};
}
