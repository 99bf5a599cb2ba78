//! What a function's result says of its span, found out by type alone.
//!
//! `observe!` must work for every return type there is, generic or not, and may
//! ask nothing of it. So it dispatches by method resolution: each trait below
//! is implemented for [`Probe`] behind one reference fewer than the one before,
//! and the compiler takes the first whose bounds hold.

use std::error::Error;
use std::fmt::{Debug, Display};
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

macro_rules! observers {
    ($($(#[$doc:meta])* $name:ident => ($($generics:tt)*) $target:ty, $probe:ident: $body:expr;)*) => {$(
        $(#[$doc])*
        pub trait $name {
            /// The failure in the result, if there is one.
            fn observe(&self) -> Option<Failure>;
        }

        impl $($generics)* $name for $target {
            #[inline]
            fn observe(&self) -> Option<Failure> {
                let $probe = self;
                $body
            }
        }
    )*};
}

observers! {
    /// The user's own return types.
    ObserveOutcome => (<R: Outcome>) &&&&&&Probe<'_, R>, probe: probe.0.failure();
    /// `Result<_, impl Error>`.
    ObserveError => (<T, E: Error>) &&&&&Probe<'_, Result<T, E>>, probe:
        probe.0.as_ref().err().map(|error| Failure::of_error(error));
    /// `Result<_, Box<dyn Error>>` and what else points to a `dyn Error`.
    ObserveDyn => (<T, E: Deref<Target: DynError>>) &&&&Probe<'_, Result<T, E>>, probe:
        probe.0.as_ref().err().map(|error| Failure::of_dyn::<E>((**error).as_dyn()));
    /// `Result<_, impl Display>`.
    ObserveDisplay => (<T, E: Display>) &&&Probe<'_, Result<T, E>>, probe:
        probe.0.as_ref().err().map(|error| Failure::of_display(error));
    /// `Result<_, impl Debug>`.
    ObserveDebug => (<T, E: Debug>) &&Probe<'_, Result<T, E>>, probe:
        probe.0.as_ref().err().map(|error| Failure::of_debug(error));
    /// Any other `Result`.
    ObserveErr => (<T, E>) &Probe<'_, Result<T, E>>, probe:
        probe.0.as_ref().err().map(|_| Failure::of_type::<E>());
    /// Anything else.
    ObserveNothing => (<R: ?Sized>) Probe<'_, R>, _probe: None;
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
