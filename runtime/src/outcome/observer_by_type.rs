//! Who observes a function's result, found out by its type alone.
//!
//! `observer!` must work for every return type there is, generic or not, and may
//! ask nothing of it. So it dispatches by method resolution. First come two questions, for an
//! [`Outcome`] and for an [`Error`]: an inherent method whose bounds hold is the answer, and
//! where there is none, the method of that name which a trait has for every type. What
//! is left climbs down a [`Ladder`]: [`Observed`] is implemented for a type behind so many
//! references as its rung is high, and the compiler, which begins at the top and takes one
//! reference off after the other, takes the first implementation whose bounds hold.
//!
//! All of that is paid for by whoever compiles an annotated function, and a reference costs more
//! than a question, as the borrow checker finds a lifetime for it in every function: so what
//! most functions return is found out by questions. `cargo xtask compile-time` counts it.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::task::Poll;

use super::{
    ByDebug, ByDisplay, ByDyn, ByErr, ByError, ByNothing, ByOk, ByOutcome, ByType, DynError,
    Inside, Outcome, Sides,
};

/// A return type under observation, of which nothing is known.
pub struct Returns<R>(PhantomData<fn() -> R>);

/// A return type without an [`Outcome`].
pub struct WithoutOutcome<R>(PhantomData<fn() -> R>);

/// A return type that is no `Result<_, impl Error>` either.
pub struct WithoutError<R>(PhantomData<fn() -> R>);

/// The type of something in a function, which nobody wrote.
///
/// The compiler may not know it yet (`text.parse()?`), and takes the first rung that it
/// might then stand on: so an error is not asked for an outcome, which hardly any error is.
pub struct Inferred<R>(PhantomData<fn() -> R>);

/// As many references as there are rungs: one more than that of the top has, as that is
/// looked at through a `&self`.
type Ladder<'l, T> = &'l &'l &'l &'l &'l &'l &'l &'l &'l T;

/// What a type is that is written.
#[inline(always)]
pub fn returns<R>() -> Returns<R> {
    Returns(PhantomData)
}

impl<R> Returns<R> {
    /// A value of the type, behind `if false`.
    pub fn never(&self) -> R {
        unreachable!("behind `if false`")
    }
}

/// What the type of a value is.
#[inline(always)]
pub fn returned<R>(_: &R) -> Returns<R> {
    returns()
}

/// What a future's output is.
#[inline(always)]
pub fn output<F: Future>(_: &F) -> Returns<F::Output> {
    returns()
}

/// What a stream's items are.
#[cfg(feature = "stream")]
#[inline(always)]
pub fn items<S: futures_core::Stream>(_: &S) -> Returns<S::Item> {
    returns()
}

/// The ladder of a value whose type nobody wrote.
#[inline(always)]
pub fn inferred<'l, R: 'l>(_: &R) -> Ladder<'l, Inferred<R>> {
    &&&&&&&&&Inferred(PhantomData)
}

/// The ladder of a future's output that nobody wrote.
#[inline(always)]
pub fn inferred_output<'l, F: Future<Output: 'l>>(_: &F) -> Ladder<'l, Inferred<F::Output>> {
    &&&&&&&&&Inferred(PhantomData)
}

/// Where no outcome is found.
///
/// None of the user's traits has methods of such names, which may be in scope.
pub trait NoOutcome<R> {
    /// The next question.
    fn __traced_outcome(self) -> WithoutOutcome<R>;
}

impl<R> NoOutcome<R> for Returns<R> {
    #[inline(always)]
    fn __traced_outcome(self) -> WithoutOutcome<R> {
        WithoutOutcome(PhantomData)
    }
}

impl<R: Outcome> Returns<R> {
    /// The user's own return types.
    #[inline(always)]
    pub fn __traced_outcome(self) -> Known<R, ByOutcome> {
        Known(ByOutcome, PhantomData)
    }
}

impl<T, E: Outcome> Returns<Result<T, E>> {
    /// `Result<_, impl Outcome>`: an error that knows whether it is a failure.
    #[inline(always)]
    pub fn __traced_outcome(self) -> Known<Result<T, E>, ByErr> {
        Known(ByErr, PhantomData)
    }
}

/// Where no error is found.
pub trait NoError<R> {
    /// The ladder of what else there may be.
    fn __traced_error<'l>(self) -> Ladder<'l, WithoutError<R>>
    where
        R: 'l;
}

impl<R> NoError<R> for WithoutOutcome<R> {
    #[inline(always)]
    fn __traced_error<'l>(self) -> Ladder<'l, WithoutError<R>>
    where
        R: 'l,
    {
        &&&&&&&&&WithoutError(PhantomData)
    }
}

impl<T, E: Error> WithoutOutcome<Result<T, E>> {
    /// `Result<_, impl Error>`.
    #[inline(always)]
    pub fn __traced_error(self) -> Known<Result<T, E>, ByError> {
        Known(ByError, PhantomData)
    }
}

macro_rules! errors_inside {
    ($([$holder:ty, $observer:ty])*) => {$(
        impl<T, E: Error> WithoutOutcome<$holder> {
            /// The same, held by something else.
            #[inline(always)]
            pub fn __traced_error(self) -> Known<$holder, $observer> {
                Known(<$observer>::default(), PhantomData)
            }
        }
    )*};
}

errors_inside! {
    [Option<Result<T, E>>, Inside<ByError>]
    [Poll<Result<T, E>>, Inside<ByError>]
    [Poll<Option<Result<T, E>>>, Inside<Inside<ByError>>]
}

/// A type of which is known who observes it, or its errors.
pub struct Known<R, O>(O, PhantomData<fn() -> R>);

impl<R, O> Known<R, O> {
    /// There is nothing more to ask.
    #[inline(always)]
    pub fn __traced_error(self) -> Self {
        self
    }
}

impl<R> Known<R, ByNothing> {
    /// Nobody: only the good side of `out` is of interest.
    #[inline(always)]
    pub fn none_of(_: &R) -> Self {
        Known(ByNothing, PhantomData)
    }
}

impl<T: Outcome, E, O> Known<Result<T, E>, O> {
    /// `Result<impl Outcome, _>`: an answer that may be a failure, though it is no error.
    #[inline(always)]
    pub fn __traced_observer(self) -> Sides<O, ByOk> {
        Sides(self.0, ByOk)
    }
}

/// Where the good side is no outcome.
pub trait OneSide<O> {
    /// Who observes the errors.
    fn __traced_observer(self) -> O;
}

impl<R, O> OneSide<O> for Known<R, O> {
    #[inline(always)]
    fn __traced_observer(self) -> O {
        self.0
    }
}

/// A rung of a ladder.
pub trait Observed {
    /// Who observes such a type.
    type Observer;

    /// The observer. No trait of the user's has a method of this name, which may be in scope.
    fn __traced_observer(&self) -> Self::Observer;
}

macro_rules! rungs {
    ($($ladder:ident: $([$($height:tt)*] $observer:ty, [$($generics:tt)*] $returned:ty;)*)*) => {$($(
        impl<$($generics)*> Observed for $($height)* $ladder<$returned> {
            type Observer = $observer;

            #[inline(always)]
            fn __traced_observer(&self) -> $observer {
                <$observer>::default()
            }
        }
    )*)*};
}

// From the top.
rungs! {
    WithoutError:
    [&&&&&&&&] Sides<ByDyn, ByOk>, [T: Outcome, E: Deref<Target: DynError>] Result<T, E>;
    [&&&&&&&] ByDyn, [T, E: Deref<Target: DynError>] Result<T, E>;
    [&&&&&&] Sides<ByDisplay, ByOk>, [T: Outcome, E: Display] Result<T, E>;
    [&&&&&] ByDisplay, [T, E: Display] Result<T, E>;
    [&&&&] Sides<ByDebug, ByOk>, [T: Outcome, E: Debug] Result<T, E>;
    [&&&] ByDebug, [T, E: Debug] Result<T, E>;
    [&&] Sides<ByType, ByOk>, [T: Outcome, E] Result<T, E>;
    [&] ByType, [T, E] Result<T, E>;
    [] ByNothing, [R] R;

    Inferred:
    [&&&&&&&&] ByOutcome, [R: Outcome] R;
    [&&&&&&&] ByError, [T, E: Error] Result<T, E>;
    [&&&&&&] ByDyn, [T, E: Deref<Target: DynError>] Result<T, E>;
    [&&&&&] ByDisplay, [T, E: Display] Result<T, E>;
    [&&&&] ByDebug, [T, E: Debug] Result<T, E>;
    [&&&] ByType, [T, E] Result<T, E>;
    [] ByNothing, [R] R;
}

/// A result that an `Option` or a `Poll` holds stands on the rung of the result itself.
macro_rules! rungs_inside {
    ($([$($height:tt)*])*) => {$(
        impl<'l, R: 'l> Observed for $($height)* WithoutError<Option<R>>
        where
            $($height)* WithoutError<R>: Observed<Observer: Default>,
        {
            type Observer = Inside<<$($height)* WithoutError<R> as Observed>::Observer>;

            #[inline(always)]
            fn __traced_observer(&self) -> Self::Observer {
                Inside::default()
            }
        }

        impl<'l, R: 'l> Observed for $($height)* WithoutError<Poll<R>>
        where
            $($height)* WithoutError<R>: Observed<Observer: Default>,
        {
            type Observer = Inside<<$($height)* WithoutError<R> as Observed>::Observer>;

            #[inline(always)]
            fn __traced_observer(&self) -> Self::Observer {
                Inside::default()
            }
        }
    )*};
}

rungs_inside! {
    [&'l &'l &'l &'l &'l &'l &'l &'l]
    [&'l &'l &'l &'l &'l &'l &'l]
    [&'l &'l &'l &'l &'l &'l]
    [&'l &'l &'l &'l &'l]
    [&'l &'l &'l &'l]
    [&'l &'l &'l]
    [&'l &'l]
    [&'l]
}
