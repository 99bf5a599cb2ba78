//! A span that is current on this thread: around a body, beside one, around a value.

use std::cell::Cell;
use std::marker::PhantomData;
use std::{mem, thread};

use opentelemetry::{Context, ContextGuard};

use super::live::Live;
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
    active: Option<Active>,
}

#[derive(Debug)]
struct Active {
    // Before `live`: the span is detached before it ends. `None` once it is detached.
    guard: Option<ContextGuard>,
    live: Live,
}

impl Active {
    #[inline]
    fn attached(live: Live) -> Self {
        let guard = attach(live.context().clone());
        Active { guard, live }
    }

    /// The span, not current any more.
    #[inline]
    fn detach(&mut self) -> &Live {
        self.guard = None;
        &self.live
    }
}

impl Entered {
    #[inline]
    pub(super) fn nothing() -> Self {
        Entered { active: None }
    }

    /// Whether there is a span.
    #[inline]
    fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// Ends the span, with what `observe` makes of the function's result.
    // Out of line, as every annotated function has a copy of what knows its types.
    #[inline(never)]
    fn settle(&mut self, observe: &mut dyn FnMut() -> Option<Failure>) {
        let Some(active) = &mut self.active else {
            return;
        };
        // Still attached: should `observe` panic, the span ends as that of any panic.
        let may_be_recording = active.live.may_be_recording();
        let failure = may_be_recording.then(observe).flatten();
        active.detach().finish(may_be_recording, failure);
        self.active = None;
    }

    /// Turns this into a guard for a body that cannot be asked for its result:
    /// its drop is an ordinary exit unless a panic began meanwhile.
    pub fn until_dropped(mut self) -> Guard {
        Guard {
            active: self.active.take(),
            was_panicking: thread::panicking(),
            failure: Cell::new(None),
        }
    }

    #[cold]
    #[inline(never)]
    fn unwind(&mut self) {
        match self.active.take() {
            Some(mut active) if active.guard.is_some() => active.detach().unwind(),
            // A processor panicked while the span ended.
            _ => {}
        }
    }

    /// Detaches the span, which goes on: its future will end it.
    pub(crate) fn suspend(mut self) -> Started {
        let active = self.active.take();
        Started {
            // The guard is dropped where the pattern leaves it.
            live: active.map(|Active { live, .. }| live),
        }
    }
}

impl Hold for Entered {
    // The context stays where it was written until its clone is attached.
    #[inline(always)]
    fn hold_span(&mut self, context: &mut Context) {
        let guard = attach(context.clone());
        let live = Live::Span(mem::take(context));
        self.active = Some(Active { guard, live });
    }

    fn hold_context(&mut self, context: Box<Context>) {
        self.active = Some(Active::attached(Live::Context(context)));
    }
}

impl Started {
    /// Makes the span current on this thread until the result is dropped.
    pub fn enter(self) -> Entered {
        Entered {
            active: self.live.map(Active::attached),
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
    active: Option<Active>,
    was_panicking: bool,
    failure: Cell<Option<Failure>>,
}

impl Guard {
    /// Takes note of a value on its way out of the function.
    pub fn saw(&self, observe: impl FnOnce() -> Option<Failure>) {
        if self
            .active
            .as_ref()
            .is_some_and(|active| active.live.may_be_recording())
        {
            self.failure.set(observe());
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(active) = &mut self.active else {
            return;
        };
        let live = active.detach();
        if thread::panicking() && !self.was_panicking {
            live.unwind();
        } else {
            let may_be_recording = live.may_be_recording();
            live.finish(may_be_recording, self.failure.take());
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
pub fn pass<R>(
    _: PhantomData<R>,
    guard: Guard,
    value: R,
    observe: impl FnOnce(&R) -> Option<Failure>,
) -> R {
    saw(&guard, value, observe)
}

/// The same on its way out of a function, whose span goes on.
#[inline]
pub fn saw<R>(guard: &Guard, value: R, observe: impl FnOnce(&R) -> Option<Failure>) -> R {
    guard.saw(|| observe(&value));
    value
}

/// The same of a value whose type is said: an argument, so that its temporaries live as long as
/// they did.
#[inline]
pub fn saw_returned<R>(
    guard: &Guard,
    _: &Returns<R>,
    value: R,
    observe: impl FnOnce(&R) -> Option<Failure>,
) -> R {
    saw(guard, value, observe)
}
