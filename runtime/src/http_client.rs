//! Requests of [`reqwest`] in a span, with the span's context in their headers (feature
//! `reqwest`).
//!
//! [`RequestExt::traced`] does it for one request, and with the feature `reqwest-middleware` an
//! [`HttpTracing`] is a middleware that does it for every request of a client. Either way the
//! span is the one of the semantic conventions: kind CLIENT, named after the method (and the
//! [`UrlTemplate`], if there is one), with the URL without its secrets, the server, the
//! status and the version of the protocol. A status of 4xx or 5xx fails it, and so does an
//! error; a request that was dropped before there was an answer is marked as cancelled.
//!
//! ```
//! use traced::http_client::RequestExt as _;
//!
//! # async fn place() -> Result<(), reqwest::Error> {
//! let client = reqwest::Client::new();
//! let answer = client
//!     .get("http://orders/7")
//!     .traced()
//!     .template("/{id}")
//!     .send()
//!     .await?;
//! # let _ = answer;
//! # Ok(())
//! # }
//! ```
//!
//! # What leaves the process
//!
//! Every server that is asked gets the ids of the trace. The baggage, which may say more than
//! is meant for strangers, goes to [hosts of the inside](HttpTracing::baggage_to) and to those
//! that you name. A redirect is followed by reqwest itself, and takes all headers of ours
//! along wherever it leads: where a server that gets baggage may send its clients elsewhere,
//! build the client with `redirect(Policy::none())`.
//!
//! # Limits
//!
//! The span ends with the head of the answer, as its body is read by whoever has it then.
//! What reqwest does by itself is one request of one span: redirects, and the second attempt
//! on a connection that was closed. `reqwest::blocking` has no such extension: annotate the
//! function with `#[traced(kind = "client", inject = request.headers_mut())]`.
//!
//! Specification: OpenTelemetry semantic conventions, *HTTP spans*, "HTTP client span".

mod hosts;
#[cfg(feature = "reqwest-middleware")]
mod middleware;
mod url;

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::SpanKind;
use reqwest::header::HeaderMap;
use reqwest::{Method, Request, RequestBuilder, Response, Version};

use self::hosts::Hosts;
use self::url::Redaction;
use crate::attributes::Attributes;
use crate::call_site::CallSite;
use crate::current_context;
use crate::current_span::record;
use crate::failure::Failure;
use crate::future::future;
use crate::outcome::{Observer, Outcome as _};
use crate::propagation::inject_context;
use crate::span::Started;

static SITE: CallSite = CallSite::new(
    "HTTP",
    SpanKind::Client,
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_VERSION"),
    module_path!(),
);

/// What the requests of a client say of themselves, and to whom.
///
/// With the feature `reqwest-middleware` this is a middleware: put it before a middleware
/// that retries for one span around all attempts, and after it for one span per attempt, each of
/// which says which retry it is (`http.request.resend_count`).
///
/// ```
/// use traced::http_client::HttpTracing;
///
/// let tracing = HttpTracing::new()
///     .baggage_to(["orders.example.com", "*.corp.example.com"])
///     .redact(["voucher"]);
/// # let _ = tracing;
/// ```
#[derive(Clone, Debug, Default)]
pub struct HttpTracing {
    baggage: Hosts,
    redaction: Redaction,
}

impl HttpTracing {
    /// Baggage to hosts of the inside, and the usual secrets out of the URL.
    pub fn new() -> Self {
        HttpTracing::default()
    }

    /// Hosts that get the baggage, besides those of the inside: a name, an address, or
    /// `*.example.com` for every name below `example.com`; `*` for every host there is.
    ///
    /// Of the inside are names of one label (`orders`), names below `localhost`, `local`,
    /// `internal` and `svc`, and the addresses of the loopback and of private networks. This
    /// judges by the name alone.
    pub fn baggage_to<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.baggage.allow(hosts.into_iter().map(Into::into));
        self
    }

    /// Only the hosts that [`baggage_to`](HttpTracing::baggage_to) names get the baggage, and
    /// not those of the inside.
    ///
    /// ```
    /// use traced::http_client::HttpTracing;
    ///
    /// let nobody = HttpTracing::new().baggage_to_named_hosts_only();
    /// # let _ = nobody;
    /// ```
    pub fn baggage_to_named_hosts_only(mut self) -> Self {
        self.baggage.forget_the_inside();
        self
    }

    /// More parameters of the query whose values are replaced by `REDACTED` in `url.full`,
    /// compared without regard to case.
    ///
    /// Those of signed URLs (`Signature`, `sig`, `AWSAccessKeyId`, `X-Amz-Signature`,
    /// `X-Goog-Signature` and their like) and what is called a token, a key of an API, a
    /// secret or a password always are, and so are a user's name and password.
    pub fn redact<P: Into<String>>(mut self, parameters: impl IntoIterator<Item = P>) -> Self {
        self.redaction.add(parameters.into_iter().map(Into::into));
        self
    }

    /// Starts the span of a request and writes its context into the headers.
    fn start(&self, request: &mut Request, template: Option<&UrlTemplate>, resent: u32) -> Started {
        let started = SITE.start_with(&mut |options| {
            let method = method_name(request.method());
            let shown = method.unwrap_or("HTTP");
            options.name(match template {
                Some(template) => Cow::Owned(format!("{shown} {template}")),
                None => Cow::Owned(shown.to_owned()),
            });
            let attributes = options.attributes(8);
            attributes.value("http.request.method", method.unwrap_or("_OTHER"));
            if method.is_none() {
                let original = request.method().as_str();
                attributes.value("http.request.method_original", original);
            }
            attributes.value("url.full", &self.redaction.shown(request.url()));
            attributes.value("url.template", &template.map(UrlTemplate::as_str));
            attributes.value("server.address", &request.url().host_str());
            attributes.value("server.port", &request.url().port_or_known_default());
            let resent = (resent > 0).then_some(resent);
            attributes.value("http.request.resend_count", &resent);
        });
        let active = started.active.as_ref();
        let context =
            active.map_or_else(current_context::current, |active| active.context().clone());
        let may_have_baggage = self.baggage.include(request.url());
        self.inject(&context, may_have_baggage, request.headers_mut());
        started
    }

    fn inject(&self, context: &Context, may_have_baggage: bool, headers: &mut HeaderMap) {
        match may_have_baggage {
            true => inject_context(context, headers),
            false => inject_context(&context.with_cleared_baggage(), headers),
        }
    }
}

/// The path of a request with its variable parts named, such as `/orders/{id}`: of low
/// cardinality, so that it may be part of the span's name.
///
/// A request of `reqwest-middleware` gets it as an extension:
/// `client.get(url).with_extension(UrlTemplate::new("/orders/{id}"))`.
///
/// Specification: OpenTelemetry semantic conventions, *HTTP spans*, `url.template`.
///
/// ```
/// use traced::http_client::UrlTemplate;
///
/// assert_eq!(UrlTemplate::new("/orders/{id}").to_string(), "/orders/{id}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlTemplate(Cow<'static, str>);

impl UrlTemplate {
    /// This template.
    pub fn new(template: impl Into<Cow<'static, str>>) -> Self {
        UrlTemplate(template.into())
    }

    fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UrlTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `traced()` on a request of reqwest.
pub trait RequestExt {
    /// Sends the request in a span of its own: the last call before `send`.
    fn traced(self) -> TracedRequest;
}

impl RequestExt for RequestBuilder {
    fn traced(self) -> TracedRequest {
        TracedRequest {
            request: self,
            tracing: None,
            template: None,
        }
    }
}

/// A request that is sent in a span.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct TracedRequest {
    request: RequestBuilder,
    tracing: Option<HttpTracing>,
    template: Option<UrlTemplate>,
}

impl TracedRequest {
    /// Sets what the request says of itself, and whether it takes the baggage along.
    ///
    /// ```
    /// use traced::http_client::{HttpTracing, RequestExt as _};
    ///
    /// let tracing = HttpTracing::new().redact(["voucher"]);
    /// let client = reqwest::Client::new();
    /// let request = client.get("http://orders/7?voucher=x1").traced().with(&tracing);
    /// # let _ = request;
    /// ```
    pub fn with(self, tracing: &HttpTracing) -> Self {
        TracedRequest {
            tracing: Some(tracing.clone()),
            ..self
        }
    }

    /// Sets the [`UrlTemplate`].
    pub fn template(self, template: impl Into<Cow<'static, str>>) -> Self {
        TracedRequest {
            template: Some(UrlTemplate::new(template)),
            ..self
        }
    }

    /// Changes the request, as its builder does.
    ///
    /// ```
    /// use traced::http_client::RequestExt as _;
    ///
    /// let client = reqwest::Client::new();
    /// let request = client.post("http://orders").traced().map(|request| request.body("teapot"));
    /// # let _ = request;
    /// ```
    pub fn map(self, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Self {
        TracedRequest {
            request: change(self.request),
            ..self
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    ///
    /// As of [`RequestBuilder::send`]; a request that cannot be built has no span.
    pub async fn send(self) -> reqwest::Result<Response> {
        static USUAL: LazyLock<HttpTracing> = LazyLock::new(HttpTracing::new);
        let (client, request) = self.request.build_split();
        let mut request = request?;
        let tracing = self.tracing.as_ref().unwrap_or(&USUAL);
        let started = tracing.start(&mut request, self.template.as_ref(), 0);
        let url = SecretUrl::of(tracing, &request);
        future(started, client.execute(request), Answered(url)).await
    }
}

/// The methods that the conventions name; a name is of low cardinality.
fn method_name(method: &Method) -> Option<&'static str> {
    const KNOWN: [&str; 10] = [
        "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE",
    ];
    KNOWN.into_iter().find(|known| *known == method.as_str())
}

/// A URL with secrets, and what is shown in its place: errors tell where they happened.
struct SecretUrl {
    url: String,
    shown: String,
}

impl SecretUrl {
    fn of(tracing: &HttpTracing, request: &Request) -> Option<Self> {
        let url = request.url().as_str();
        let shown = tracing.redaction.shown(request.url());
        (url != shown).then(|| SecretUrl {
            url: url.to_owned(),
            shown: shown.into_owned(),
        })
    }
}

/// Asks an answer, or the lack of one, what it says of the span.
struct Answered(Option<SecretUrl>);

impl<E: RequestError> Observer<Result<Response, E>> for Answered {
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
    attributes.value("network.protocol.version", &version(response.version()));
    if let Some(peer) = response.remote_addr() {
        attributes.display("network.peer.address", &peer.ip());
        attributes.value("network.peer.port", &peer.port());
    }
}

fn version(version: Version) -> Option<&'static str> {
    Some(match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => return None,
    })
}

/// Why there is no answer.
trait RequestError {
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

/// A word for the class of an error, which has but one type.
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
