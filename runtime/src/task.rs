//! Carries the context into a spawned task: the value at a spawn site, handled by its type.

mod dyn_task;
mod in_span;

use std::future::Future;
use std::pin::Pin;

use self::dyn_task::DynTask;
pub(crate) use self::in_span::Observe;
use self::in_span::run_in;
use crate::carry::{Carried, carry, carry_fn};
use crate::future::future;
use crate::outcome::Called;
use crate::span::Deferred;

/// The value at a spawn site: see `carry_unit!`.
///
/// The traits below are autoref levels, as for the observer of a result: each is implemented behind one
/// reference fewer than the trait before it, and method resolution takes the first whose bounds hold. Its
/// method returns the type that carries the task. The names of the methods are prefixed, as a user's trait in
/// scope may be implemented for every type.
#[derive(Debug)]
pub struct SpawnedTask<'u, U>(pub &'u U);

macro_rules! levels {
    ($($(#[$doc:meta])* $found:ident, $kind:ident => ($($generics:tt)*) $target:ty;)*) => {$(
        $(#[$doc])*
        pub trait $found {
            /// The type that carries it.
            fn __traced_task_kind(&self) -> $kind {
                $kind
            }
        }

        impl $($generics)* $found for $target {}

        #[doc = concat!("Carries a task of [`", stringify!($found), "`].")]
        #[derive(Clone, Copy, Debug)]
        pub struct $kind;
    )*};
}

levels! {
    /// A boxed `dyn` future or closure, whose very type the spawner may require.
    FoundDyn, CarryDyn => (<D: DynTask>) &&&&&SpawnedTask<'_, D>;
    /// A boxed future, which may still be coerced to a boxed `dyn` future.
    FoundBoxed, CarryBoxed => (<F: Future>) &&&&SpawnedTask<'_, Pin<Box<F>>>;
    /// Any other future.
    FoundFuture, CarryFuture => (<F: Future>) &&&SpawnedTask<'_, F>;
    /// A closure or a function without parameters.
    FoundClosure, CarryClosure => (<F: FnOnce() -> R, R>) &&SpawnedTask<'_, F>;
    /// Any other value behind a `&mut`.
    FoundMut, Reborrow => (<U: ?Sized>) &SpawnedTask<'_, &mut U>;
    /// Any other value, which is left alone.
    FoundOther, LeaveAlone => (<U>) SpawnedTask<'_, U>;
}

// Each of these types has two methods: `carry`, and `carry_in` for a task with a span.

impl CarryDyn {
    /// Carries the context; the type stays the same.
    pub fn carry<D: DynTask>(self, task: D) -> D {
        task.carried()
    }

    /// As `carry`, in a span.
    pub fn carry_in<D: DynTask>(self, span: Deferred, task: D, observe: Observe<D::Output>) -> D {
        task.carried_in(span, observe)
    }
}

impl CarryBoxed {
    /// Carries the context; the result is boxed again.
    pub fn carry<F: Future>(self, task: Pin<Box<F>>) -> Pin<Box<Carried<Pin<Box<F>>>>> {
        Box::pin(carry(task))
    }

    /// As `carry`, in a span.
    pub fn carry_in<F: Future>(
        self,
        span: Deferred,
        task: Pin<Box<F>>,
        observe: Observe<F::Output>,
    ) -> Pin<Box<impl Future<Output = F::Output> + use<F>>> {
        Box::pin(carry(future(span, task, Called(observe))))
    }
}

impl CarryFuture {
    /// Carries the context.
    pub fn carry<F: Future>(self, task: F) -> Carried<F> {
        carry(task)
    }

    /// As `carry`, in a span.
    pub fn carry_in<F: Future>(
        self,
        span: Deferred,
        task: F,
        observe: Observe<F::Output>,
    ) -> impl Future<Output = F::Output> + use<F> {
        carry(future(span, task, Called(observe)))
    }
}

impl CarryClosure {
    /// Carries the context.
    pub fn carry<F: FnOnce() -> R, R>(self, task: F) -> impl FnOnce() -> R + use<F, R> {
        carry_fn(task)
    }

    /// As `carry`, in a span.
    pub fn carry_in<F: FnOnce() -> R, R>(
        self,
        span: Deferred,
        task: F,
        observe: Observe<R>,
    ) -> impl FnOnce() -> R + use<F, R> {
        run_in(span, task, observe)
    }
}

impl Reborrow {
    /// Reborrows the value, as the call would without the macro.
    pub fn carry<U: ?Sized>(self, task: &mut U) -> &mut U {
        task
    }

    /// Reborrows the value, which is not a task and cannot have a span.
    pub fn carry_in<U: ?Sized>(self, _: Deferred, task: &mut U, _: Observe<()>) -> &mut U {
        task
    }
}

impl LeaveAlone {
    /// Returns the value.
    pub fn carry<U>(self, task: U) -> U {
        task
    }

    /// Returns the value, which is not a task and cannot have a span.
    pub fn carry_in<U>(self, _: Deferred, task: U, _: Observe<()>) -> U {
        task
    }
}

/// See `allowed!`.
#[derive(Debug)]
pub struct Allowed<T> {
    /// The value that the call returned.
    pub out: T,
}

/// `allowed!(call)`: a call of a spawner that Clippy does not reject, for projects whose `clippy.toml` disallows
/// calls of spawners without a carried context.
///
/// The call is a field of a struct literal, as that is the only position inside an expression where an attribute may
/// stand and no temporary is dropped early.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_allowed {
    ($call:expr) => {
        $crate::__private::Allowed {
            #[allow(clippy::disallowed_methods)]
            out: $call,
        }
        .out
    };
}

/// `attached!(guard => body)`: the body of a closure without braces, with a guard that outlives the body's
/// temporaries.
///
/// It is a macro and not a block, as braces that the proc macro prints would have a wrong span.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_attached {
    ($guard:expr => $body:expr) => {
        match $guard {
            _attached => $body,
        }
    };
}

/// `lend_captured!(captured => call)`: a call that borrows the current context.
///
/// A `match`, so that the temporary lives as long as the temporaries of the call.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_lend_captured {
    ($captured:ident => $call:expr) => {
        match $crate::__private::Captured::now() {
            ref $captured => $call,
        }
    };
}
