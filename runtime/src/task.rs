//! The expression at a spawn site: told apart by its type, and carried.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use crate::carry::{Captured, Carried, carry, carry_fn};
use crate::failure::Failure;
use crate::future::future;
use crate::outcome::Called;
use crate::span::Deferred;
use crate::span::run_with;

/// What the output of a unit says of its span.
pub(crate) type Observe<R> = fn(&R) -> Option<Failure>;

/// What was found at a spawn site, told apart by its type: see `carry_unit!`.
///
/// As for a result, each trait below is implemented behind one
/// reference fewer than the one before, and method resolution takes the first
/// whose bounds hold; it answers with the way to carry the unit. A user's trait may
/// have a method for every type, so those here have names that nobody else gives.
#[derive(Debug)]
pub struct Unit<'u, U>(pub &'u U);

macro_rules! ways {
    ($($(#[$doc:meta])* $found:ident, $way:ident => ($($generics:tt)*) $target:ty;)*) => {$(
        $(#[$doc])*
        pub trait $found {
            /// The way to carry it.
            fn __traced_way(&self) -> $way {
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
    FoundDyn, CarryDyn => (<D: DynUnit>) &&&&&Unit<'_, D>;
    /// A boxed future, which may still have to be coerced to a `dyn` one.
    FoundBoxed, CarryBoxed => (<F: Future>) &&&&Unit<'_, Pin<Box<F>>>;
    /// Any other future.
    FoundFuture, CarryFuture => (<F: Future>) &&&Unit<'_, F>;
    /// A closure or a function without parameters.
    FoundClosure, CarryClosure => (<F: FnOnce() -> R, R>) &&Unit<'_, F>;
    /// Something else, borrowed.
    FoundMut, Reborrow => (<U: ?Sized>) &Unit<'_, &mut U>;
    /// Something else, which is none of our business.
    FoundOther, LeaveAlone => (<U>) Unit<'_, U>;
}

// Each way has two methods: `carry`, and `carry_in` for a unit that gets a span.

impl CarryDyn {
    /// Carries the context, and gives the type back.
    pub fn carry<D: DynUnit>(self, unit: D) -> D {
        unit.carried()
    }

    /// The same, in a span.
    pub fn carry_in<D: DynUnit>(self, span: Deferred, unit: D, observe: Observe<D::Output>) -> D {
        unit.carried_in(span, observe)
    }
}

impl CarryBoxed {
    /// Carries the context, and gives a box back.
    pub fn carry<F: Future>(self, unit: Pin<Box<F>>) -> Pin<Box<Carried<Pin<Box<F>>>>> {
        Box::pin(carry(unit))
    }

    /// The same, in a span.
    pub fn carry_in<F: Future>(
        self,
        span: Deferred,
        unit: Pin<Box<F>>,
        observe: Observe<F::Output>,
    ) -> Pin<Box<impl Future<Output = F::Output> + use<F>>> {
        Box::pin(carry(future(span, unit, Called(observe))))
    }
}

impl CarryFuture {
    /// Carries the context.
    pub fn carry<F: Future>(self, unit: F) -> Carried<F> {
        carry(unit)
    }

    /// The same, in a span.
    pub fn carry_in<F: Future>(
        self,
        span: Deferred,
        unit: F,
        observe: Observe<F::Output>,
    ) -> impl Future<Output = F::Output> + use<F> {
        carry(future(span, unit, Called(observe)))
    }
}

impl CarryClosure {
    /// Carries the context.
    pub fn carry<F: FnOnce() -> R, R>(self, unit: F) -> impl FnOnce() -> R + use<F, R> {
        carry_fn(unit)
    }

    /// The same, in a span.
    pub fn carry_in<F: FnOnce() -> R, R>(
        self,
        span: Deferred,
        unit: F,
        observe: Observe<R>,
    ) -> impl FnOnce() -> R + use<F, R> {
        run_in(span, unit, observe)
    }
}

impl Reborrow {
    /// Borrows it again, as the call does when nothing stands between.
    pub fn carry<U: ?Sized>(self, unit: &mut U) -> &mut U {
        unit
    }

    /// The same; there is nothing that could be in a span.
    pub fn carry_in<U: ?Sized>(self, _: Deferred, unit: &mut U, _: Observe<()>) -> &mut U {
        unit
    }
}

impl LeaveAlone {
    /// Gives back what it was given.
    pub fn carry<U>(self, unit: U) -> U {
        unit
    }

    /// The same; there is nothing that could be in a span.
    pub fn carry_in<U>(self, _: Deferred, unit: U, _: Observe<()>) -> U {
        unit
    }
}

fn run_in<F: FnOnce() -> R, R>(
    span: Deferred,
    unit: F,
    observe: Observe<R>,
) -> impl FnOnce() -> R + use<F, R> {
    let captured = Captured::now();
    move || {
        let _attached = captured.attach();
        run_with(span.enter(), unit, observe)
    }
}

/// The span of a closure that may run many times: it is that of the first run.
struct FirstRun(Mutex<Option<Deferred>>);

impl FirstRun {
    fn new(span: Deferred) -> Self {
        FirstRun(Mutex::new(Some(span)))
    }

    fn run<R>(&self, unit: impl FnOnce() -> R, observe: Observe<R>) -> R {
        let span = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match span {
            Some(span) => run_with(span.enter(), unit, observe),
            None => unit(),
        }
    }
}

/// A boxed `dyn` unit of work.
pub trait DynUnit: Sized {
    /// What it ends with.
    type Output;

    /// The same type, with the current context carried into it.
    fn carried(self) -> Self;

    /// The same, in a span.
    fn carried_in(self, span: Deferred, observe: Observe<Self::Output>) -> Self;
}

macro_rules! dyn_units {
    ($($marker:ident)*) => {
        impl<'a, R> DynUnit for Pin<Box<dyn Future<Output = R> $(+ $marker)* + 'a>>
        where
            R: 'a,
        {
            type Output = R;

            fn carried(self) -> Self {
                Box::pin(carry(self))
            }

            fn carried_in(self, span: Deferred, observe: Observe<R>) -> Self {
                Box::pin(carry(future(span, self, Called(observe))))
            }
        }

        impl<'a, R> DynUnit for Box<dyn FnOnce() -> R $(+ $marker)* + 'a>
        where
            R: 'a,
        {
            type Output = R;

            fn carried(self) -> Self {
                Box::new(carry_fn(self))
            }

            fn carried_in(self, span: Deferred, observe: Observe<R>) -> Self {
                Box::new(run_in(span, self, observe))
            }
        }

        impl<'a, R> DynUnit for Box<dyn FnMut() -> R $(+ $marker)* + 'a>
        where
            R: 'a,
        {
            type Output = R;

            fn carried(mut self) -> Self {
                let captured = Captured::now();
                Box::new(move || {
                    let _attached = captured.attach_again();
                    self()
                })
            }

            fn carried_in(mut self, span: Deferred, observe: Observe<R>) -> Self {
                let (captured, span) = (Captured::now(), FirstRun::new(span));
                Box::new(move || {
                    let _attached = captured.attach_again();
                    span.run(&mut self, observe)
                })
            }
        }

        impl<'a, R> DynUnit for Box<dyn Fn() -> R $(+ $marker)* + 'a>
        where
            R: 'a,
        {
            type Output = R;

            fn carried(self) -> Self {
                let captured = Captured::now();
                Box::new(move || {
                    let _attached = captured.attach_again();
                    self()
                })
            }

            fn carried_in(self, span: Deferred, observe: Observe<R>) -> Self {
                let (captured, span) = (Captured::now(), FirstRun::new(span));
                Box::new(move || {
                    let _attached = captured.attach_again();
                    span.run(&self, observe)
                })
            }
        }
    };
}

dyn_units!();
dyn_units!(Send);
dyn_units!(Send Sync);
