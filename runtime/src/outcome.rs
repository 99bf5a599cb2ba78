//! Outcomes: whether the result of a function is a failure, and the observers that tell.

#[cfg(feature = "actix-web")]
mod actix_web;
#[cfg(feature = "http")]
mod http;
#[cfg(any(feature = "actix-web", feature = "http"))]
mod http_status;
mod observer_by_type;
#[cfg(feature = "tonic")]
mod tonic;

use std::error::Error;
use std::fmt::{Debug, Display};
use std::ops::Deref;
use std::task::Poll;

use opentelemetry::trace::SpanKind;

pub use self::observer_by_type::{NoError, NoOutcome, NoResult, Observed, OneSide, Returns};
#[cfg(feature = "tonic")]
pub use self::tonic::grpc_code_name;
use crate::failure::Failure;

/// A return type that says whether the call failed.
///
/// `Result` needs no implementation: an `Err` is a failure. Implement this trait for a type of your own that
/// carries a failure in another way. It also applies inside a `Result`: an `Ok` may hold an outcome that is a
/// failure, and an `Err` may hold an outcome that is not.
///
/// With the feature `http` it is implemented for `http::StatusCode`, `http::Response` and the tuples that begin
/// with a status; with `reqwest` for its `Response`; with `tonic` for its `Status`; with
/// `actix-web` for its `HttpResponse` and its `Error`, whose status is that of the response.
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

    /// The failure to record on a span of this kind, if the kind makes a difference: the response `404` is a
    /// failure for the client that sent the request, but not for the server.
    ///
    /// ```
    /// use traced::opentelemetry::trace::SpanKind;
    /// use traced::{Failure, Outcome};
    ///
    /// struct Answer { status: u16 }
    ///
    /// impl Outcome for Answer {
    ///     fn failure(&self) -> Option<Failure> {
    ///         self.failure_on(&SpanKind::Internal)
    ///     }
    ///
    ///     fn failure_on(&self, kind: &SpanKind) -> Option<Failure> {
    ///         let first = if *kind == SpanKind::Client { 400 } else { 500 };
    ///         (self.status >= first).then(|| Failure::new(self.status.to_string()))
    ///     }
    /// }
    /// # assert!(Answer { status: 404 }.failure().is_none());
    /// ```
    fn failure_on(&self, kind: &SpanKind) -> Option<Failure> {
        let _ = kind;
        self.failure()
    }
}

/// Finds the failure in an output.
///
/// The observers are types and not closures, as the type of a closure depends on the generic parameters of the
/// function around it, and a future that held one would not be `'static`.
pub trait Observer<R: ?Sized> {
    /// The failure in the output, if there is one.
    fn observe(&mut self, output: &R) -> Option<Failure> {
        self.observe_on(&SpanKind::Internal, output)
    }

    /// The failure in the output, on a span of this kind.
    fn observe_on(&mut self, kind: &SpanKind, output: &R) -> Option<Failure>;
}

/// An observer with the kind of its span.
#[derive(Clone, Debug)]
pub struct OfKind<O>(pub SpanKind, pub O);

impl<R: ?Sized, O: Observer<R>> Observer<R> for OfKind<O> {
    #[inline]
    fn observe_on(&mut self, _: &SpanKind, output: &R) -> Option<Failure> {
        self.1.observe_on(&self.0, output)
    }
}

/// The observers of both sides of a result: of its errors, and of its other values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sides<E, O>(pub E, pub O);

impl<R: ?Sized, E: Observer<R>, O: Observer<R>> Observer<R> for Sides<E, O> {
    #[inline]
    fn observe_on(&mut self, kind: &SpanKind, output: &R) -> Option<Failure> {
        match self.0.observe_on(kind, output) {
            None => self.1.observe_on(kind, output),
            failure => failure,
        }
    }
}

/// A closure as an observer.
#[derive(Clone, Copy, Debug)]
pub struct Called<C>(pub(crate) C);

impl<R, C: FnMut(&R) -> Option<Failure>> Observer<R> for Called<C> {
    #[inline]
    fn observe_on(&mut self, _: &SpanKind, output: &R) -> Option<Failure> {
        (self.0)(output)
    }
}

macro_rules! observers {
    ($(
        $(#[$doc:meta])*
        $observer:ident, [$($generics:tt)*] $returned:ty,
            |$kind:pat_param, $out:pat_param| $failure:expr;
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $observer;

        impl<$($generics)*> Observer<$returned> for $observer {
            #[inline]
            fn observe_on(&mut self, $kind: &SpanKind, $out: &$returned) -> Option<Failure> {
                $failure
            }
        }
    )*};
}

observers! {
    /// A type that implements [`Outcome`].
    ByOutcome, [R: Outcome] R, |kind, out| out.failure_on(kind);
    /// `Result<_, impl Outcome>`: whether an error is a failure depends on its value.
    ByErr, [T, E: Outcome] Result<T, E>, |kind, out| out.as_ref().err()?.failure_on(kind);
    /// `Result<_, impl Error>`.
    ByError, [T, E: Error] Result<T, E>, |_, out| out.as_ref().err().map(Failure::from_error);
    /// `Result<_, Box<dyn Error>>` and other pointers to a `dyn Error`.
    ByDyn, [T, E: Deref<Target: DynError>] Result<T, E>,
        |_, out| out.as_ref().err().map(|error| Failure::from_dyn::<E>((**error).as_dyn()));
    /// `Result<_, impl Display>`.
    ByDisplay, [T, E: Display] Result<T, E>, |_, out| out.as_ref().err().map(Failure::from_display);
    /// `Result<_, impl Debug>`.
    ByDebug, [T, E: Debug] Result<T, E>, |_, out| out.as_ref().err().map(Failure::from_debug);
    /// Any other `Result`.
    ByType, [T, E] Result<T, E>, |_, out| out.as_ref().err().map(|_| Failure::from_type::<E>());
    /// Any other type.
    ByNothing, [R] R, |_, _| None;
    /// The `Ok` of a `Result<impl Outcome, _>`.
    ByOk, [T: Outcome, E] Result<T, E>, |kind, out| out.as_ref().ok()?.failure_on(kind);
}

/// A `dyn Error` with any of the standard marker traits.
///
/// Sealed: the trait cannot be named outside of this crate.
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

/// The observer of a result in an `Option` or a `Poll`: `None` and `Pending` are not failures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inside<O>(O);

impl<R, O: Observer<R>> Observer<Option<R>> for Inside<O> {
    #[inline]
    fn observe_on(&mut self, kind: &SpanKind, output: &Option<R>) -> Option<Failure> {
        self.0.observe_on(kind, output.as_ref()?)
    }
}

impl<R, O: Observer<R>> Observer<Poll<R>> for Inside<O> {
    #[inline]
    fn observe_on(&mut self, kind: &SpanKind, output: &Poll<R>) -> Option<Failure> {
        match output {
            Poll::Ready(output) => self.0.observe_on(kind, output),
            Poll::Pending => None,
        }
    }
}
