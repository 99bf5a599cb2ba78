//! [`Outcome`] for HTTP statuses and responses.
//!
//! Specification: OpenTelemetry semantic conventions, *HTTP spans*, "Status".

use http::response::Parts;
use http::{Response, StatusCode};
use opentelemetry::trace::SpanKind;

use super::{Outcome, http_status};
use crate::failure::Failure;

/// A failure if the status is 5xx, or 4xx on a span of the kind client.
impl Outcome for StatusCode {
    fn failure(&self) -> Option<Failure> {
        self.failure_on(&SpanKind::Server)
    }

    fn failure_on(&self, kind: &SpanKind) -> Option<Failure> {
        http_status::failure(self.as_u16(), kind)
    }
}

macro_rules! by_status {
    ($([$($generics:tt)*] $answer:ty, |$this:ident| $status:expr;)*) => {$(
        /// A failure if the status is a failure.
        impl<$($generics)*> Outcome for $answer {
            fn failure(&self) -> Option<Failure> {
                let $this = self;
                $status.failure()
            }

            fn failure_on(&self, kind: &SpanKind) -> Option<Failure> {
                let $this = self;
                $status.failure_on(kind)
            }
        }
    )*};
}

by_status! {
    [B] Response<B>, |response| response.status();
    [] Parts, |parts| parts.status;
    [A] (StatusCode, A), |answer| answer.0;
    [A, B] (StatusCode, A, B), |answer| answer.0;
    [A, B, C] (StatusCode, A, B, C), |answer| answer.0;
}

#[cfg(feature = "reqwest")]
by_status! {
    [] reqwest::Response, |response| response.status();
}
