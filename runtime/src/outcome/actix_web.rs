//! [`Outcome`] for responses and errors of actix-web.
//!
//! Specification: OpenTelemetry semantic conventions, *HTTP spans*, "Status".

use actix_web::dev::ServiceResponse;
use actix_web::{Error, HttpResponse};
use opentelemetry::trace::SpanKind;

use super::{Outcome, http_status};
use crate::failure::Failure;

macro_rules! by_status {
    ($([$($generics:tt)*] $answer:ty, |$this:ident| $status:expr, $message:expr;)*) => {$(
        /// A failure if the status is 5xx, or 4xx on a span of the kind client.
        impl<$($generics)*> Outcome for $answer {
            fn failure(&self) -> Option<Failure> {
                self.failure_on(&SpanKind::Server)
            }

            fn failure_on(&self, kind: &SpanKind) -> Option<Failure> {
                let $this = self;
                let failure = http_status::failure($status.as_u16(), kind)?;
                Some(failure.with_message($message))
            }
        }
    )*};
}

by_status! {
    [B] HttpResponse<B>, |response| response.status(), message(response.error());
    [B] ServiceResponse<B>, |response| response.status(), message(response.response().error());
    [] Error, |error| error.as_response_error().status_code(), message(Some(error));
}

/// The message of the error that was turned into the response.
fn message(error: Option<&Error>) -> String {
    error.map(Error::to_string).unwrap_or_default()
}
