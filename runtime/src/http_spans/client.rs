//! Starts the span of a client, and injects its context into the headers.

use std::borrow::Cow;

use http::request::Parts;
use http::uri::Uri;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::SpanKind;

use super::exchange::Exchange;
use crate::attributes::Attributes;
use crate::call_site::CallSite;
use crate::current_context;
use crate::http_conventions::hosts::Hosts;
use crate::http_conventions::redaction::{REDACTED, Redaction};
use crate::http_conventions::{host_and_port, method_name};
use crate::propagation::{Carrier, inject_context};

static SITE: CallSite = CallSite::new(
    "HTTP",
    SpanKind::Client,
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_VERSION"),
    "traced::http_client",
)
.of_no_function();

/// The settings of a client's spans.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientSettings {
    pub(crate) redaction: Redaction,
    pub(crate) baggage: Hosts,
    /// The server, for requests that do not name it.
    pub(crate) server: Option<(String, u16)>,
}

impl ClientSettings {
    /// Starts the span of a request and writes its context into the headers.
    pub(crate) fn start(&self, parts: &mut Parts) -> Exchange {
        let is_rpc = super::is_rpc(Carrier::get(&parts.headers, "content-type"));
        let server = self.server_of(parts);
        let started = SITE.start_with(&mut |options| {
            let path = parts.uri.path();
            options.name(match is_rpc {
                true => super::rpc_method(path).unwrap_or("_OTHER"),
                false => method_name(parts.method.as_str()).unwrap_or("HTTP"),
            });
            let attributes = options.attributes(8);
            match is_rpc {
                true => super::describe_rpc(path, attributes),
                false => self.describe_http(parts, attributes),
            }
            if let Some((host, port)) = &server {
                attributes.value("server.address", host);
                attributes.value("server.port", port);
            }
        });
        let active = started.active.as_ref();
        let context =
            active.map_or_else(current_context::current, |active| active.context().clone());
        let may_have_baggage = match &server {
            Some((host, _)) => self.baggage.include(host),
            None => self.baggage.include(""),
        };
        match may_have_baggage {
            true => inject_context(&context, &mut parts.headers),
            false => inject_context(&context.with_cleared_baggage(), &mut parts.headers),
        }
        Exchange::new(started, SpanKind::Client, is_rpc)
    }

    /// The host and the port: those of the URL, of the settings, or of the header `Host`.
    fn server_of(&self, parts: &Parts) -> Option<(String, Option<u16>)> {
        let default = match parts.uri.scheme_str() {
            Some("https") => Some(443),
            Some("http") => Some(80),
            _ => None,
        };
        if let Some(host) = parts.uri.host() {
            let host = host.trim_matches(['[', ']']);
            return Some((host.to_owned(), parts.uri.port_u16().or(default)));
        }
        if let Some((host, port)) = &self.server {
            return Some((host.clone(), Some(*port)));
        }
        let (host, port) = host_and_port(Carrier::get(&parts.headers, "host")?);
        Some((host.to_owned(), port))
    }

    fn describe_http(&self, parts: &Parts, attributes: &mut Attributes) {
        let method = method_name(parts.method.as_str());
        attributes.literal("http.request.method", method.unwrap_or("_OTHER"));
        if method.is_none() {
            attributes.value("http.request.method_original", parts.method.as_str());
        }
        let host = Carrier::get(&parts.headers, "host");
        attributes.value("url.full", &self.shown(&parts.uri, host));
    }

    /// The URL without secrets. If the request has only a path, as on a connection to one server, the host is that of
    /// the header.
    fn shown(&self, uri: &Uri, host: Option<&str>) -> String {
        let mut shown = String::new();
        if let Some(authority) = uri.authority().map(|authority| authority.as_str()).or(host) {
            shown += uri.scheme_str().unwrap_or("http");
            shown += "://";
            match authority.rsplit_once('@') {
                Some((user, host)) => {
                    let secret = if user.contains(':') { ":REDACTED" } else { "" };
                    shown += REDACTED;
                    shown += secret;
                    shown += "@";
                    shown += host;
                }
                None => shown += authority,
            }
        }
        shown += uri.path();
        if let Some(query) = uri.query() {
            shown += "?";
            shown += &match self.redaction.without_secrets(query) {
                Some(query) => Cow::Owned(query),
                None => Cow::Borrowed(query),
            };
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        let settings = ClientSettings::default();
        let shown = |uri: &'static str, host| settings.shown(&Uri::from_static(uri), host);
        for (uri, host, expected) in [
            ("http://orders:80/7?a=1", None, "http://orders:80/7?a=1"),
            (
                "http://me:pw@h/?sig=1",
                None,
                "http://REDACTED:REDACTED@h/?sig=REDACTED",
            ),
            ("http://me@h/", None, "http://REDACTED@h/"),
            ("/7", Some("orders"), "http://orders/7"),
            ("/7", None, "/7"),
        ] {
            assert_eq!(shown(uri, host), expected);
        }
    }
}
