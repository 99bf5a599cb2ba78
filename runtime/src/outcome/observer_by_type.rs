//! The observer of a function's result, found by the type of the result alone.
//!
//! `observer!` must work for every return type, generic or not, without any bound on it. So it
//! dispatches by method resolution. First come two questions, whether the type is an [`Outcome`] and
//! whether it is a `Result` with an [`Error`]: an inherent method whose bounds hold is the answer, and
//! where there is none, the method of the same name that a trait has for every type. The remaining types
//! are told apart by autoref levels ([`Levels`]): [`Observed`] is implemented for a type behind as many
//! references as its level is high, and the compiler, which begins at the highest level and removes one
//! reference after the other, takes the first implementation whose bounds hold.
//!
//! All this costs compile time in every annotated function, and an autoref level costs more than a question, as the
//! borrow checker finds a lifetime for each reference: so the types that most functions return are
//! found by questions. `cargo xtask compile-time` measures it.

mod macros;

use std::error::Error;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::task::Poll;

use opentelemetry::trace::SpanKind;

use super::{
    ByDebug, ByDisplay, ByDyn, ByErr, ByError, ByNothing, ByOk, ByOutcome, ByType, Called,
    DynError, Inside, Observer, OfKind, Outcome, Sides,
};
use crate::failure::Failure;

/// A return type of which nothing is known yet.
pub struct Returns<R>(PhantomData<fn() -> R>);

/// A return type that is no [`Outcome`].
pub struct WithoutOutcome<R>(PhantomData<fn() -> R>);

/// A return type that is neither an [`Outcome`] nor a `Result<_, impl Error>`.
pub struct WithoutError<R>(PhantomData<fn() -> R>);

/// A type that is inferred and not written.
///
/// The compiler may not know it yet (`text.parse()?`), and then takes the first level whose bounds may
/// hold: so there is no level for an error that is an [`Outcome`], as hardly any error is.
pub struct Inferred<R>(PhantomData<fn() -> R>);

/// One reference per autoref level, plus one because the method takes `&self`.
type Levels<'l, T> = &'l &'l &'l &'l &'l &'l &'l &'l &'l T;

impl<R> Returns<R> {
    /// The type, where it is written.
    #[inline(always)]
    pub fn written() -> Self {
        Returns(PhantomData)
    }

    /// The type of a value.
    #[inline(always)]
    pub fn of(_: &R) -> Self {
        Returns::written()
    }

    /// The type of a future's output.
    #[inline(always)]
    pub fn of_output(_: &impl Future<Output = R>) -> Self {
        Returns::written()
    }

    /// The type of a stream's items.
    #[cfg(feature = "stream")]
    #[inline(always)]
    pub fn of_items(_: &impl futures_core::Stream<Item = R>) -> Self {
        Returns::written()
    }

    /// A value of the type for a `return` that never runs: it gives the type of an `async` block, which
    /// cannot be written.
    pub fn never() -> R {
        unreachable!("behind `if false`")
    }

    /// The same, where the type is that of a local.
    pub fn value(&self) -> R {
        Returns::never()
    }

    /// The end of an `async fn` whose output is `!`, and of a block that has no further exit.
    pub fn endless(_: R) -> ! {
        unreachable!("a future whose output is `!` was ready")
    }

    /// A closure as the observer of this future's output; the future is only passed for its type.
    pub fn called<C>(_: &impl Future<Output = R>, closure: C) -> Called<C>
    where
        C: FnMut(&R) -> Option<Failure>,
    {
        Called(closure)
    }

    /// A closure as the observer of this stream's items; the stream is only passed for its type.
    #[cfg(feature = "stream")]
    pub fn called_items<C>(_: &impl futures_core::Stream<Item = R>, closure: C) -> Called<C>
    where
        C: FnMut(&R) -> Option<Failure>,
    {
        Called(closure)
    }

    /// `fail_if = predicate`: the failure in a value of this type that is no error.
    ///
    /// A function, so that the type of a closure's parameter is inferred, and a predicate of a wrong type is
    /// reported where the user wrote it.
    #[inline]
    pub fn failed(value: Option<&R>, predicate: impl FnOnce(&R) -> bool) -> Option<Failure> {
        predicate(value?).then(Failure::from_value::<R>)
    }

    /// [`Returns::failed`], if `on_ok` sets `error.type`.
    #[inline]
    pub fn failed_and_described(
        value: Option<&R>,
        predicate: impl FnOnce(&R) -> bool,
    ) -> Option<Failure> {
        predicate(value?).then(Failure::from_described_value)
    }

    /// The levels of a value whose type is not written.
    #[inline(always)]
    pub fn inferred<'l>(_: &R) -> Levels<'l, Inferred<R>>
    where
        R: 'l,
    {
        &&&&&&&&&Inferred(PhantomData)
    }

    /// The levels of a future's output whose type is not written.
    #[inline(always)]
    pub fn inferred_output<'l>(_: &impl Future<Output = R>) -> Levels<'l, Inferred<R>>
    where
        R: 'l,
    {
        &&&&&&&&&Inferred(PhantomData)
    }

    /// The failure in a value, on a span of this kind.
    #[inline]
    pub fn observe(out: &R, kind: &SpanKind, mut observer: impl Observer<R>) -> Option<Failure> {
        observer.observe_on(kind, out)
    }

    /// The observer with the kind of its span.
    #[inline]
    pub fn on<O: Observer<R>>(self, kind: SpanKind, observer: O) -> OfKind<O> {
        OfKind(kind, observer)
    }

    /// A value that is observed only where its type is a `Result` with an outcome in its `Ok`.
    #[inline(always)]
    pub fn unobserved(_: &R) -> Known<R, ByNothing> {
        Known(ByNothing, PhantomData)
    }
}

impl<T, E> Returns<Result<T, E>> {
    /// `error_if = predicate`: whether this result is an `Err` that fails the span.
    ///
    /// A function for the same reason as [`Returns::failed`].
    #[inline]
    pub fn is_error(result: &Result<T, E>, predicate: impl FnOnce(&E) -> bool) -> bool {
        result.as_ref().is_err_and(predicate)
    }

    /// `error_if = predicate`, for the results of a body that stays where it is.
    pub fn predicate<P: FnOnce(&E) -> bool>(&self, predicate: P) -> P {
        predicate
    }

    /// `on_err(|error| ..)`: the error in a `Result`.
    #[inline]
    pub fn err(result: &Result<T, E>) -> Option<&E> {
        result.as_ref().err()
    }

    /// The value in an `Ok`.
    #[inline(always)]
    pub fn __traced_ok(self, out: &Result<T, E>) -> Option<&T> {
        out.as_ref().ok()
    }
}

/// The answer for a value that is no `Result`, and so is never an error.
pub trait NoResult<R> {
    /// The value.
    fn __traced_ok(self, out: &R) -> Option<&R>;
}

impl<R> NoResult<R> for Returns<R> {
    #[inline(always)]
    fn __traced_ok(self, out: &R) -> Option<&R> {
        Some(out)
    }
}

/// The answer for a type that is no [`Outcome`].
///
/// The names of the methods are prefixed, so that no trait of the user's in scope has one of the same name.
pub trait NoOutcome<R> {
    /// Leads to the next question: whether it is a `Result` with an [`Error`].
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

/// The answer for a type that is no `Result` with an [`Error`].
pub trait NoError<R> {
    /// Leads to the autoref levels.
    fn __traced_error<'l>(self) -> Levels<'l, WithoutError<R>>
    where
        R: 'l;
}

impl<R> NoError<R> for WithoutOutcome<R> {
    #[inline(always)]
    fn __traced_error<'l>(self) -> Levels<'l, WithoutError<R>>
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
            /// A `Result<_, impl Error>` inside another type.
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

/// A type whose observer, or whose errors' observer, is known.
pub struct Known<R, O>(O, PhantomData<fn() -> R>);

impl<R, O> Known<R, O> {
    /// The observer is known already.
    #[inline(always)]
    pub fn __traced_error(self) -> Self {
        self
    }
}

impl<T: Outcome, E, O> Known<Result<T, E>, O> {
    /// `Result<impl Outcome, _>`: an answer that may be a failure, though it is no error.
    #[inline(always)]
    pub fn __traced_observer(self) -> Sides<O, ByOk> {
        Sides(self.0, ByOk)
    }
}

/// The answer for a `Result` whose `Ok` is no [`Outcome`].
pub trait OneSide<O> {
    /// The observer of the errors alone.
    fn __traced_observer(self) -> O;
}

impl<R, O> OneSide<O> for Known<R, O> {
    #[inline(always)]
    fn __traced_observer(self) -> O {
        self.0
    }
}

/// An autoref level.
pub trait Observed {
    /// The observer of such a type.
    type Observer;

    /// The observer.
    fn __traced_observer(&self) -> Self::Observer;
}

macro_rules! levels {
    ($($start:ident: $([$($height:tt)*] $observer:ty, [$($generics:tt)*] $returned:ty;)*)*) => {$($(
        impl<$($generics)*> Observed for $($height)* $start<$returned> {
            type Observer = $observer;

            #[inline(always)]
            fn __traced_observer(&self) -> $observer {
                <$observer>::default()
            }
        }
    )*)*};
}

// From the highest level down.
levels! {
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

/// A result in an `Option` or a `Poll` is on the level of the result itself.
macro_rules! levels_inside {
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

levels_inside! {
    [&'l &'l &'l &'l &'l &'l &'l &'l]
    [&'l &'l &'l &'l &'l &'l &'l]
    [&'l &'l &'l &'l &'l &'l]
    [&'l &'l &'l &'l &'l]
    [&'l &'l &'l &'l]
    [&'l &'l &'l]
    [&'l &'l]
    [&'l]
}
