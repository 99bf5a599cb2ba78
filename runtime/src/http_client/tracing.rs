//! Starts the span of a request, and injects its context into the headers.

use std::borrow::Cow;

use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::SpanKind;
use reqwest::Request;
use reqwest::header::HeaderMap;

use super::template::UrlTemplate;
use super::url::shown;
use crate::call_site::CallSite;
use crate::current_context;
use crate::http_conventions::hosts::Hosts;
use crate::http_conventions::method_name;
use crate::http_conventions::redaction::Redaction;
use crate::propagation::inject_context;
use crate::span::Started;

static SITE: CallSite = CallSite::new(
    "HTTP",
    SpanKind::Client,
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_VERSION"),
    "traced::http_client",
)
.of_no_function();

/// The settings for the spans of a client's requests: the hosts that get baggage, and which parts of URLs are secret.
///
/// With the feature `reqwest-middleware` this is a middleware: put it before a middleware that retries for
/// one span around all attempts, and after it for one span per attempt, each with the number of the retry
/// (`http.request.resend_count`).
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
    pub(super) redaction: Redaction,
}

impl HttpTracing {
    /// Baggage is sent to internal hosts, and common secrets are removed from URLs.
    pub fn new() -> Self {
        HttpTracing::default()
    }

    /// Adds hosts that get the baggage, besides internal hosts: a name, an address, `*.example.com` for
    /// every name below `example.com`, or `*` for every host.
    ///
    /// Internal hosts are names of one label (`orders`), names below `localhost`, `local`, `internal` and
    /// `svc`, and the addresses of the loopback and of private networks. Names are not resolved.
    ///
    /// ```
    /// use traced::http_client::HttpTracing;
    ///
    /// let tracing = HttpTracing::new().baggage_to(["orders.example.com", "*.corp.example.com"]);
    /// # let _ = tracing;
    /// ```
    pub fn baggage_to<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.baggage.allow(hosts.into_iter().map(Into::into));
        self
    }

    /// Sends the baggage only to the hosts that [`baggage_to`](HttpTracing::baggage_to) names, and not to
    /// internal hosts.
    ///
    /// ```
    /// use traced::http_client::HttpTracing;
    ///
    /// let nobody = HttpTracing::new().baggage_to_named_hosts_only();
    /// # let _ = nobody;
    /// ```
    pub fn baggage_to_named_hosts_only(mut self) -> Self {
        self.baggage.exclude_internal();
        self
    }

    /// Adds query parameters whose values are replaced by `REDACTED` in `url.full`, compared without regard to
    /// case.
    ///
    /// The parameters of signed URLs (`Signature`, `sig`, `AWSAccessKeyId`, `X-Amz-Signature`,
    /// `X-Goog-Signature` and the like) and parameters named like a token, an API key, a secret or a password
    /// are always replaced, and so are user name and password.
    ///
    /// ```
    /// use traced::http_client::HttpTracing;
    ///
    /// let tracing = HttpTracing::new().redact(["voucher"]);
    /// # let _ = tracing;
    /// ```
    pub fn redact<P: Into<String>>(mut self, parameters: impl IntoIterator<Item = P>) -> Self {
        self.redaction.add(parameters.into_iter().map(Into::into));
        self
    }

    /// Starts the span of a request and writes its context into the headers.
    pub(super) fn start(
        &self,
        request: &mut Request,
        template: Option<&UrlTemplate>,
        resent: u32,
    ) -> Started {
        let started = SITE.start_with(&mut |options| {
            let method = method_name(request.method().as_str());
            let name = method.unwrap_or("HTTP");
            options.name(match template {
                Some(template) => Cow::Owned(format!("{name} {template}")),
                None => Cow::Owned(name.to_owned()),
            });
            let attributes = options.attributes(8);
            attributes.value("http.request.method", method.unwrap_or("_OTHER"));
            if method.is_none() {
                let original = request.method().as_str();
                attributes.value("http.request.method_original", original);
            }
            attributes.value("url.full", &shown(&self.redaction, request.url()));
            attributes.value("url.template", &template.map(UrlTemplate::as_str));
            attributes.value("server.address", &request.url().host_str());
            attributes.value("server.port", &request.url().port_or_known_default());
            let resent = (resent > 0).then_some(resent);
            attributes.value("http.request.resend_count", &resent);
        });
        let active = started.active.as_ref();
        let context =
            active.map_or_else(current_context::current, |active| active.context().clone());
        let host = request.url().host_str();
        let may_have_baggage = host.is_some_and(|host| self.baggage.include(host));
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
