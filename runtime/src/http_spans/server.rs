//! Starts the span of a server.

use std::borrow::Cow;
use std::net::SocketAddr;

use opentelemetry::trace::SpanKind;

use super::exchange::Exchange;
use crate::attributes::Attributes;
use crate::call_site::CallSite;
use crate::http_conventions::forwarded::{Forwarded, is_name, scheme};
use crate::http_conventions::redaction::Redaction;
use crate::http_conventions::{host_and_port, method_name};
use crate::propagation::Carrier;

static SITE: CallSite = CallSite::new(
    "HTTP",
    SpanKind::Server,
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_VERSION"),
    "traced::http_server",
)
.of_no_function()
// The caller's trace and baggage are passed on even if no span is recorded here.
.keeping_context();

/// The settings of a server's spans.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerSettings {
    pub(crate) redaction: Redaction,
    /// Paths whose requests have no span.
    pub(crate) skipped: Vec<String>,
    /// The scheme, if neither the request nor a proxy tells it.
    pub(crate) scheme: Option<Cow<'static, str>>,
    /// Whether the callers are not trusted, so that their spans are linked instead of being parents.
    pub(crate) is_public: bool,
    /// Whether a request whose client disconnected counts as failed.
    pub(crate) fails_cancelled: bool,
}

/// The head of a request.
pub(crate) struct RequestHead<'r, H: ?Sized> {
    pub(crate) headers: &'r H,
    pub(crate) method: &'r str,
    pub(crate) path: &'r str,
    pub(crate) query: Option<&'r str>,
    pub(crate) scheme: Option<&'r str>,
    pub(crate) authority: Option<&'r str>,
    pub(crate) version: Option<&'static str>,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) route: Option<&'r str>,
}

impl ServerSettings {
    /// Starts the span of a request.
    pub(crate) fn start<H: Carrier + ?Sized>(&self, head: &RequestHead<'_, H>) -> Exchange {
        if self.skipped.iter().any(|path| path == head.path) {
            return Exchange::without_span();
        }
        let is_rpc = head.is_rpc();
        let started = SITE.start_with(&mut |options| {
            match self.is_public {
                true => {
                    options.root();
                    options.links(
                        crate::propagation::remote_span_context::remote_span_context(head.headers),
                    );
                }
                false => options.extract(head.headers),
            }
            options.name(head.name(is_rpc));
            let attributes = options.attributes(14);
            match is_rpc {
                true => head.describe_rpc(attributes),
                false => self.describe_http(head, attributes),
            }
            self.describe_connection(head, is_rpc, attributes);
        });
        let mut exchange = Exchange::new(started, SpanKind::Server, is_rpc);
        exchange.fails_cancelled = self.fails_cancelled;
        exchange
    }

    fn describe_http<H: Carrier + ?Sized>(
        &self,
        head: &RequestHead<'_, H>,
        attributes: &mut Attributes,
    ) {
        let method = method_name(head.method);
        attributes.literal("http.request.method", method.unwrap_or("_OTHER"));
        if method.is_none() {
            attributes.value("http.request.method_original", head.method);
        }
        attributes.value("url.path", head.path);
        if let Some(query) = head.query {
            match self.redaction.without_secrets(query) {
                Some(query) => attributes.value("url.query", &query),
                None => attributes.value("url.query", query),
            }
        }
        attributes.value("http.route", &head.route);
        attributes.value("user_agent.original", &head.headers.get("user-agent"));
    }

    /// Records the client and the server: from the headers of proxies if there are any, otherwise from the request.
    fn describe_connection<H: Carrier + ?Sized>(
        &self,
        head: &RequestHead<'_, H>,
        is_rpc: bool,
        attributes: &mut Attributes,
    ) {
        let forwarded = Forwarded::read(head.headers);
        let scheme = forwarded.scheme.or(head.scheme.and_then(scheme));
        let scheme = scheme.or(self.scheme.as_deref()).unwrap_or("http");
        if !is_rpc {
            attributes.value("url.scheme", scheme);
        }
        let requested = head.authority.or_else(|| head.headers.get("host"));
        let host = forwarded.host.or_else(|| {
            let (host, port) = host_and_port(requested?);
            is_name(host).then(|| (host.to_owned(), port))
        });
        if let Some((host, port)) = host {
            let default = if scheme == "https" { 443 } else { 80 };
            attributes.value("server.address", &host);
            attributes.value("server.port", &port.unwrap_or(default));
        }
        match forwarded.client {
            Some(client) => attributes.value("client.address", &client),
            None => attributes.value(
                "client.address",
                &head.peer.map(|peer| peer.ip().to_string()),
            ),
        }
        if let Some(peer) = head.peer {
            attributes.display("network.peer.address", &peer.ip());
            attributes.value("network.peer.port", &peer.port());
        }
        attributes.value("network.protocol.version", &head.version);
    }
}

impl<H: Carrier + ?Sized> RequestHead<'_, H> {
    #[cfg(feature = "tower")]
    fn is_rpc(&self) -> bool {
        super::is_rpc(self.headers.get("content-type"))
    }

    /// gRPC needs the trailers of HTTP/2, which actix-web does not send.
    #[cfg(not(feature = "tower"))]
    fn is_rpc(&self) -> bool {
        false
    }

    fn name(&self, is_rpc: bool) -> Cow<'_, str> {
        #[cfg(feature = "tower")]
        if is_rpc {
            return Cow::Borrowed(super::rpc_method(self.path).unwrap_or("_OTHER"));
        }
        let _ = is_rpc;
        name(self.method, self.route)
    }

    #[cfg(feature = "tower")]
    fn describe_rpc(&self, attributes: &mut Attributes) {
        super::describe_rpc(self.path, attributes);
    }

    #[cfg(not(feature = "tower"))]
    fn describe_rpc(&self, _: &mut Attributes) {}
}

/// The name of a server's span.
pub(crate) fn name<'n>(method: &str, route: Option<&str>) -> Cow<'n, str> {
    let method = method_name(method).unwrap_or("HTTP");
    match route {
        Some(route) => Cow::Owned(format!("{method} {route}")),
        None => Cow::Owned(method.to_owned()),
    }
}
