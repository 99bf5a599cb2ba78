//! Records the response or the error of a request on its span.

use std::borrow::Cow;

use opentelemetry::trace::SpanKind;
use reqwest::{Request, Response};

use super::tracing::HttpTracing;
use super::url;
use crate::attributes::Attributes;
use crate::current_span::record;
use crate::failure::Failure;
use crate::http_conventions::version_name;
use crate::outcome::{Observer, Outcome as _};

/// A URL with secrets, and the redacted URL that replaces it in error messages.
pub(super) struct SecretUrl {
    url: String,
    shown: String,
}

impl SecretUrl {
    pub(super) fn of(tracing: &HttpTracing, request: &Request) -> Option<Self> {
        let url = request.url().as_str();
        let shown = url::shown(&tracing.redaction, request.url());
        (url != shown).then(|| SecretUrl {
            url: url.to_owned(),
            shown: shown.into_owned(),
        })
    }
}

/// Records the attributes of a response, and finds the failure in a response or an error.
pub(super) struct ResponseObserver(pub(super) Option<SecretUrl>);

impl<E: RequestError> Observer<Result<Response, E>> for ResponseObserver {
    fn observe_on(&mut self, _: &SpanKind, result: &Result<Response, E>) -> Option<Failure> {
        match result {
            Ok(response) => {
                record(&mut |attributes| describe(response, attributes));
                response.failure_on(&SpanKind::Client)
            }
            Err(error) => Some(match &self.0 {
                Some(secret) => error.failure().replacing(&secret.url, &secret.shown),
                None => error.failure(),
            }),
        }
    }
}

fn describe(response: &Response, attributes: &mut Attributes) {
    attributes.value("http.response.status_code", &response.status().as_u16());
    attributes.value(
        "network.protocol.version",
        &version_name(response.version()),
    );
    if let Some(peer) = response.remote_addr() {
        attributes.display("network.peer.address", &peer.ip());
        attributes.value("network.peer.port", &peer.port());
    }
}

/// An error of a request without a response.
pub(super) trait RequestError {
    /// The failure to record.
    fn failure(&self) -> Failure;
}

impl RequestError for reqwest::Error {
    fn failure(&self) -> Failure {
        let failure = Failure::from_error(self);
        let error_type = match self.status() {
            Some(status) => Some(Cow::Owned(status.as_str().to_owned())),
            None => error_type(self).map(Cow::Borrowed),
        };
        match error_type {
            Some(error_type) => failure.with_error_type(error_type),
            None => failure,
        }
    }
}

/// The class of an error, as all errors of reqwest have one Rust type.
fn error_type(error: &reqwest::Error) -> Option<&'static str> {
    let classes = [
        (error.is_timeout(), "timeout"),
        (error.is_connect(), "connect"),
        (error.is_redirect(), "redirect"),
        (error.is_builder(), "builder"),
        (error.is_body(), "body"),
        (error.is_decode(), "decode"),
    ];
    let class = classes.into_iter().find(|(is_it, _)| *is_it);
    class.map(|(_, name)| name)
}
