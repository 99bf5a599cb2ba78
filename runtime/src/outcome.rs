//! What a function's result says of its span, found out by type alone.
//!
//! `observe!` must work for every return type there is, generic or not, and may
//! ask nothing of it. So it dispatches by method resolution: each trait below
//! is implemented for [`Probe`] (a result) and [`OutputOf`] (a future) behind one
//! reference fewer than the one before, and the compiler takes the first whose
//! bounds hold.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::ops::Deref;

use crate::failure::Failure;

/// A return type that knows by itself whether the call failed.
///
/// `Result` needs no implementation. Implement it for a type of your own that
/// carries a failure in another way: an HTTP response, a gRPC status.
///
/// ```
/// use traced::{Failure, Outcome, traced};
///
/// struct Response { status: u16 }
///
/// impl Outcome for Response {
///     fn failure(&self) -> Option<Failure> {
///         (self.status >= 500).then(|| Failure::new(self.status.to_string()))
///     }
/// }
///
/// #[traced(kind = "server")]
/// fn handle() -> Response {
///     Response { status: 503 } // the span ends with status Error, error.type = "503"
/// }
/// # handle();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whether a call failed",
    note = "implement `traced::Outcome` for it, or return a `Result`"
)]
pub trait Outcome {
    /// The failure to record, or `None` to leave the span's status unset.
    fn failure(&self) -> Option<Failure>;
}

/// A result under observation.
#[derive(Debug)]
pub struct Probe<'r, R: ?Sized>(pub &'r R);

/// A future whose output will be.
#[derive(Debug)]
pub struct OutputOf<'f, F>(pub &'f F);

/// Asks an output what it says of its span.
///
/// A type that implements this names nothing of the function that it is used
/// in, as a closure would: so a future that holds one stays `'static`.
pub trait Observer<R: ?Sized> {
    /// The failure in the output, if there is one.
    fn observe(&mut self, output: &R) -> Option<Failure>;
}

/// The observer that a closure is.
#[derive(Clone, Copy, Debug)]
pub struct Called<C>(pub(crate) C);

impl<R, C: FnMut(&R) -> Option<Failure>> Observer<R> for Called<C> {
    #[inline]
    fn observe(&mut self, output: &R) -> Option<Failure> {
        (self.0)(output)
    }
}

/// A closure as the observer of this future; the future is here for its type.
pub fn called<F, C>(_: &F, closure: C) -> Called<C>
where
    F: Future,
    C: FnMut(&F::Output) -> Option<Failure>,
{
    Called(closure)
}

macro_rules! observers {
    ($(
        $(#[$doc:meta])*
        $trait:ident, $observer:ident => [$($generics:tt)*] $output:ty,
            $probe:ty, $future:ty, |$out:ident| $failure:expr;
    )*) => {$(
        $(#[$doc])*
        pub trait $trait {
            /// Its observer.
            fn observer(&self) -> $observer {
                $observer
            }
        }

        impl<$($generics)*> $trait for $probe {}
        impl<F: Future<Output = $output>, $($generics)*> $trait for $future {}

        #[doc = concat!("The observer of [`", stringify!($trait), "`].")]
        #[derive(Clone, Copy, Debug)]
        pub struct $observer;

        impl<$($generics)*> Observer<$output> for $observer {
            #[inline]
            fn observe(&mut self, $out: &$output) -> Option<Failure> {
                $failure
            }
        }
    )*};
}

observers! {
    /// The user's own return types.
    IsOutcome, ByOutcome => [R: Outcome] R,
        &&&&&&Probe<'_, R>, &&&&&&OutputOf<'_, F>, |out| out.failure();
    /// `Result<_, impl Error>`.
    HasError, ByError => [T, E: Error] Result<T, E>,
        &&&&&Probe<'_, Result<T, E>>, &&&&&OutputOf<'_, F>,
        |out| out.as_ref().err().map(Failure::of_error);
    /// `Result<_, Box<dyn Error>>` and what else points to a `dyn Error`.
    HasDyn, ByDyn => [T, E: Deref<Target: DynError>] Result<T, E>,
        &&&&Probe<'_, Result<T, E>>, &&&&OutputOf<'_, F>,
        |out| out.as_ref().err().map(|error| Failure::of_dyn::<E>((**error).as_dyn()));
    /// `Result<_, impl Display>`.
    HasDisplay, ByDisplay => [T, E: Display] Result<T, E>,
        &&&Probe<'_, Result<T, E>>, &&&OutputOf<'_, F>,
        |out| out.as_ref().err().map(Failure::of_display);
    /// `Result<_, impl Debug>`.
    HasDebug, ByDebug => [T, E: Debug] Result<T, E>,
        &&Probe<'_, Result<T, E>>, &&OutputOf<'_, F>,
        |out| out.as_ref().err().map(Failure::of_debug);
    /// Any other `Result`.
    HasErr, ByType => [T, E] Result<T, E>,
        &Probe<'_, Result<T, E>>, &OutputOf<'_, F>,
        |out| out.as_ref().err().map(|_| Failure::of_type::<E>());
    /// Anything else.
    IsNoResult, ByNothing => [R] R,
        Probe<'_, R>, OutputOf<'_, F>, |_out| None;
}

/// A `dyn Error` of any flavour.
pub trait DynError {
    /// The error, without its marker traits.
    fn as_dyn(&self) -> &(dyn Error + 'static);
}

macro_rules! dyn_error {
    ($($flavour:ty),* $(,)?) => {$(
        impl DynError for $flavour {
            fn as_dyn(&self) -> &(dyn Error + 'static) {
                self
            }
        }
    )*};
}

dyn_error! {
    dyn Error + 'static,
    dyn Error + Send + 'static,
    dyn Error + Sync + 'static,
    dyn Error + Send + Sync + 'static,
    dyn Error + Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe + 'static,
}

/// `error_if = predicate`: whether this result is an `Err` that fails the span.
///
/// A function of its own, so that the parameter of a closure is inferred and a
/// predicate of another type is reported where the user wrote it.
#[inline]
pub fn is_error<T, E>(result: &Result<T, E>, predicate: impl FnOnce(&E) -> bool) -> bool {
    result.as_ref().is_err_and(predicate)
}

/// `on_err(|error| ..)`: the error, which only a `Result` has.
#[inline]
pub fn err_of<T, E>(result: &Result<T, E>) -> Option<&E> {
    result.as_ref().err()
}

/// A result whose good side is wanted: see `ok_of!`.
#[derive(Debug)]
pub struct OkOf<'r, R: ?Sized>(pub &'r R);

/// `on_ok(|value| ..)` of a `Result`.
pub trait OkOfResult<'r, T> {
    /// The value, if it is one.
    fn ok(&self) -> Option<&'r T>;
}

impl<'r, T, E> OkOfResult<'r, T> for &OkOf<'r, Result<T, E>> {
    fn ok(&self) -> Option<&'r T> {
        self.0.as_ref().ok()
    }
}

/// `on_ok(|value| ..)` of anything else, which is always good.
pub trait OkOfValue<'r, R: ?Sized> {
    /// The value.
    fn ok(&self) -> Option<&'r R>;
}

impl<'r, R: ?Sized> OkOfValue<'r, R> for OkOf<'r, R> {
    fn ok(&self) -> Option<&'r R> {
        Some(self.0)
    }
}
