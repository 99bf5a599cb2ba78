//! Selects the observer of a function's result by the type of the result.
//!
//! `observer!` must work for every return type, generic or not, without any bound on it, so it dispatches by
//! method resolution, in three steps:
//!
//! 1. Is the type an [`Outcome`]? An inherent method whose bounds hold takes precedence over the method of the
//!    same name in a trait that is implemented for every type.
//! 2. Is it a `Result` with an [`Error`]? In the same way.
//! 3. Autoref levels ([`Levels`]) for the rest: [`Observed`] is implemented for each kind of type behind a
//!    different number of references. The compiler removes one reference after the other and takes the first
//!    implementation whose bounds hold.
//!
//! Dispatch costs compile time in every annotated function (`cargo xtask compile-time`). The first two steps cover the
//! types that most functions return, because for each autoref level the borrow checker infers a lifetime.

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

/// A return type, before the first step.
pub struct Returns<R>(PhantomData<fn() -> R>);

/// A return type that is not an [`Outcome`].
pub struct WithoutOutcome<R>(PhantomData<fn() -> R>);

/// A return type that is neither an [`Outcome`] nor a `Result<_, impl Error>`.
pub struct WithoutError<R>(PhantomData<fn() -> R>);

/// A return type that is inferred instead of written.
///
/// Where the compiler does not know the type yet (`text.parse()?`), it takes the first level whose bounds may
/// hold. Therefore there is no level for errors that are [`Outcome`]s: hardly any error is.
pub struct Inferred<R>(PhantomData<fn() -> R>);

/// One reference per autoref level, plus one because the method takes `&self`.
type Levels<'l, T> = &'l &'l &'l &'l &'l &'l &'l &'l &'l T;

impl<R> Returns<R> {
    /// The type, which is given as a generic argument.
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

    /// A value for a `return` that never runs: it determines the output of an `async` block.
    pub fn never() -> R {
        unreachable!("behind `if false`")
    }

    /// The same, for the type of a local variable.
    pub fn value(&self) -> R {
        Returns::never()
    }

    /// Ends an `async fn` whose output is `!`, or a block that has no further exit.
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

    /// `fail_if = predicate`: the failure of a value that is not an error but satisfies the predicate.
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

    /// Observes the `Ok` of a `Result` if it is an [`Outcome`], and nothing else.
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

    /// `error_if = predicate`, for a body that is not moved into a closure.
    pub fn predicate<P: FnOnce(&E) -> bool>(&self, predicate: P) -> P {
        predicate
    }

    /// `on_err(|error| ..)`: the error in a `Result`.
    #[inline]
    pub fn err(result: &Result<T, E>) -> Option<&E> {
        result.as_ref().err()
    }

    /// The failure of a result, if `on_err` sets `error.type`.
    #[inline]
    pub fn described(result: &Result<T, E>, failure: Option<Failure>) -> Option<Failure> {
        failure.map(|failure| failure.described(result.is_err()))
    }

    /// The value in an `Ok`.
    #[inline(always)]
    pub fn __traced_ok(self, out: &Result<T, E>) -> Option<&T> {
        out.as_ref().ok()
    }
}

/// The fallback of [`Returns::__traced_ok`] for values other than a `Result`, which are never errors.
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

/// The fallback of the first step, for types that are not [`Outcome`]s.
///
/// The names of the methods are prefixed, so that no trait in the user's scope has a method of the same name.
pub trait NoOutcome<R> {
    /// Goes on to the second step.
    fn __traced_outcome(self) -> WithoutOutcome<R>;
}

impl<R> NoOutcome<R> for Returns<R> {
    #[inline(always)]
    fn __traced_outcome(self) -> WithoutOutcome<R> {
        WithoutOutcome(PhantomData)
    }
}

impl<R: Outcome> Returns<R> {
    /// A type that implements [`Outcome`].
    #[inline(always)]
    pub fn __traced_outcome(self) -> Known<R, ByOutcome> {
        Known(ByOutcome, PhantomData)
    }
}

impl<T, E: Outcome> Returns<Result<T, E>> {
    /// `Result<_, impl Outcome>`: whether an error is a failure depends on its value.
    #[inline(always)]
    pub fn __traced_outcome(self) -> Known<Result<T, E>, ByErr> {
        Known(ByErr, PhantomData)
    }
}

/// The fallback of the second step, for types other than a `Result` with an [`Error`].
pub trait NoError<R> {
    /// Goes on to the autoref levels.
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

/// A type whose observer is known; for a `Result` the observer of its errors.
pub struct Known<R, O>(O, PhantomData<fn() -> R>);

impl<R, O> Known<R, O> {
    /// Keeps the observer that the first step found.
    #[inline(always)]
    pub fn __traced_error(self) -> Self {
        self
    }
}

impl<T: Outcome, E, O> Known<Result<T, E>, O> {
    /// `Result<impl Outcome, _>`: a value in `Ok` may be a failure too.
    #[inline(always)]
    pub fn __traced_observer(self) -> Sides<O, ByOk> {
        Sides(self.0, ByOk)
    }
}

/// The fallback for a `Result` whose `Ok` is not an [`Outcome`].
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

// From the highest level to the lowest.
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

/// A result in an `Option` or a `Poll` is on the same level as the result itself.
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
