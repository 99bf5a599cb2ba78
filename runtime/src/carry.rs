//! Carrying a context into work that runs elsewhere.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::{Context, ContextGuard};
use pin_project_lite::pin_project;

/// Carries the current context into a future that is polled elsewhere.
///
/// The context is captured now; it is current on every poll of the result and
/// while the inner future is dropped, and nowhere else.
///
/// `#[traced]` and `#[traced_spawn]` write this at the spawn sites they see;
/// call it where they cannot: at a spawner behind a name of your own.
///
/// ```
/// # fn my_executor(_: impl std::future::Future<Output = ()> + Send + 'static) {}
/// my_executor(traced::carry(async { /* the span that called is the parent here */ }));
/// ```
pub fn carry<F>(inner: F) -> Carried<F> {
    Carried {
        arrival: AttachOnDrop(Context::current()),
        inner,
        departure: DetachOnDrop,
    }
}

/// Carries the current context into a closure that runs elsewhere.
///
/// The context is captured now, and is current while the closure runs.
///
/// ```
/// # fn my_pool(job: impl FnOnce() + Send + 'static) { job() }
/// my_pool(traced::carry_fn(|| { /* the span that called is the parent here */ }));
/// ```
pub fn carry_fn<F, R>(inner: F) -> impl FnOnce() -> R + use<F, R>
where
    F: FnOnce() -> R,
{
    let captured = Captured::now();
    move || {
        let _attached = captured.attach();
        inner()
    }
}

/// The context of the place where work is handed over.
#[derive(Clone, Debug)]
pub struct Captured {
    context: Context,
}

impl Captured {
    /// Captures the current context.
    pub fn now() -> Self {
        Captured {
            context: Context::current(),
        }
    }

    /// Makes the context current on this thread until the guard is dropped.
    ///
    /// It takes `self` so that a closure that calls it owns its context,
    /// whether the user wrote `move` or not.
    pub fn attach(self) -> ContextGuard {
        self.context.attach()
    }
}

pin_project! {
    /// A future or a stream that runs in the context of the place where
    /// [`carry`] was called.
    ///
    /// The fields are dropped in their order, so the inner future is dropped
    /// between an attach and a detach. With a `Drop` of its own this type would
    /// keep what the future borrows borrowed until the end of the scope.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Carried<F> {
        arrival: AttachOnDrop,
        #[pin]
        inner: F,
        departure: DetachOnDrop,
    }
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _attached = this.arrival.0.clone().attach();
        this.inner.poll(task)
    }
}

/// Attaches its context when it is dropped, for [`DetachOnDrop`] to detach.
#[derive(Debug)]
struct AttachOnDrop(Context);

/// Detaches what [`AttachOnDrop`] attached.
#[derive(Debug)]
struct DetachOnDrop;

thread_local! {
    /// The guards of the futures that are being dropped right now, inmost last.
    static DROPPING: RefCell<Vec<ContextGuard>> = const { RefCell::new(Vec::new()) };
}

impl Drop for AttachOnDrop {
    fn drop(&mut self) {
        let context = std::mem::take(&mut self.0);
        let _ = DROPPING.try_with(|dropping| {
            let attached = context.attach();
            dropping.borrow_mut().push(attached);
        });
    }
}

impl Drop for DetachOnDrop {
    fn drop(&mut self) {
        let attached = DROPPING.try_with(|dropping| dropping.borrow_mut().pop());
        drop(attached);
    }
}

/// What was found at a spawn site, told apart by its type: see `carry!`.
///
/// As for a result, each trait below is implemented behind one
/// reference fewer than the one before, and method resolution takes the first
/// whose bounds hold; it answers with the way to carry the unit.
#[derive(Debug)]
pub struct Unit<'u, U>(pub &'u U);

macro_rules! ways {
    ($($(#[$doc:meta])* $found:ident, $way:ident => ($($generics:tt)*) $target:ty;)*) => {$(
        $(#[$doc])*
        pub trait $found {
            /// The way to carry it.
            fn way(&self) -> $way {
                $way
            }
        }

        impl $($generics)* $found for $target {}

        #[doc = concat!("The way of [`", stringify!($found), "`].")]
        #[derive(Clone, Copy, Debug)]
        pub struct $way;
    )*};
}

ways! {
    /// A boxed `dyn` future or closure: the site may want this very type.
    FoundDyn, CarryDyn => (<D: DynUnit>) &&&&Unit<'_, D>;
    /// A boxed future, which may still have to be coerced to a `dyn` one.
    FoundBoxed, CarryBoxed => (<F: Future>) &&&Unit<'_, Pin<Box<F>>>;
    /// Any other future.
    FoundFuture, CarryFuture => (<F: Future>) &&Unit<'_, F>;
    /// A closure or a function without parameters.
    FoundClosure, CarryClosure => (<F: FnOnce() -> R, R>) &Unit<'_, F>;
    /// Something else, which is none of our business.
    FoundOther, LeaveAlone => (<U>) Unit<'_, U>;
}

impl CarryDyn {
    /// Carries the context, and gives the type back.
    pub fn carry<D: DynUnit>(self, unit: D) -> D {
        unit.carried()
    }
}

impl CarryBoxed {
    /// Carries the context, and gives a box back.
    pub fn carry<F: Future>(self, unit: Pin<Box<F>>) -> Pin<Box<Carried<Pin<Box<F>>>>> {
        Box::pin(carry(unit))
    }
}

impl CarryFuture {
    /// Carries the context.
    pub fn carry<F: Future>(self, unit: F) -> Carried<F> {
        carry(unit)
    }
}

impl CarryClosure {
    /// Carries the context.
    pub fn carry<F: FnOnce() -> R, R>(self, unit: F) -> impl FnOnce() -> R + use<F, R> {
        carry_fn(unit)
    }
}

impl LeaveAlone {
    /// Gives back what it was given.
    pub fn carry<U>(self, unit: U) -> U {
        unit
    }
}

/// A boxed `dyn` unit of work.
pub trait DynUnit {
    /// The same type, with the current context carried into it.
    fn carried(self) -> Self;
}

macro_rules! dyn_units {
    ($($marker:ident)*) => {
        impl<'a, R> DynUnit for Pin<Box<dyn Future<Output = R> $(+ $marker)* + 'a>>
        where
            R: 'a,
        {
            fn carried(self) -> Self {
                Box::pin(carry(self))
            }
        }

        impl<'a, R> DynUnit for Box<dyn FnOnce() -> R $(+ $marker)* + 'a>
        where
            R: 'a,
        {
            fn carried(self) -> Self {
                Box::new(carry_fn(self))
            }
        }
    };
}

dyn_units!();
dyn_units!(Send);
dyn_units!(Send Sync);
