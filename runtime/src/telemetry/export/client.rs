//! Connections to one collector, for both protocols.

use std::time::Duration;

use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue, Uri, uri};
use http_body_util::Full;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::ExportError;
use super::signal::Signal;
#[cfg(feature = "tls")]
use super::tls;
use crate::telemetry::settings::{Compression, Otlp, Protocol, Tls};

#[cfg(feature = "tls")]
type Connector = hyper_rustls::HttpsConnector<HttpConnector>;
#[cfg(not(feature = "tls"))]
type Connector = HttpConnector;

/// Keeps connections open between exports, and opens them when needed.
pub(super) type Client = hyper_util::client::legacy::Client<Connector, Full<Bytes>>;

/// A product of ours before the name that the specification asks for.
///
/// Specification: OpenTelemetry Protocol Exporter, "User Agent".
const AGENT: &str = concat!(
    "traced/",
    env!("CARGO_PKG_VERSION"),
    " OTel-OTLP-Exporter-Rust/",
    env!("CARGO_PKG_VERSION"),
);

/// How often an idle gRPC connection is asked whether it is still there: what balances load
/// forgets a silent one after a minute or more.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Where requests go, and what each of them has.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) gzip: bool,
}

impl Target {
    pub(super) fn new<S: Signal>(otlp: &Otlp) -> Result<Self, ExportError> {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        for (name, value) in &otlp.headers {
            let mut value = value.0.clone();
            // Neither a log of hyper's nor a table of HPACK keeps it.
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let uri = match otlp.protocol {
            Protocol::Grpc => grpc_uri(&otlp.endpoint, S::METHOD)?,
            Protocol::HttpProtobuf | Protocol::HttpJson => otlp.endpoint.clone(),
        };
        if uri.scheme().is_none() || uri.authority().is_none() {
            return Err(ExportError::Endpoint(shown(&otlp.endpoint)));
        }
        Ok(Target {
            uri,
            headers,
            gzip: otlp.compression == Compression::Gzip,
        })
    }
}

/// The method, at the endpoint's scheme and authority; a path of the endpoint's comes before it.
fn grpc_uri(endpoint: &Uri, method: &str) -> Result<Uri, ExportError> {
    let prefix = endpoint.path().trim_end_matches('/');
    let mut parts = endpoint.clone().into_parts();
    let unusable = || ExportError::Endpoint(shown(endpoint));
    let path = uri::PathAndQuery::try_from(format!("{prefix}{method}"));
    parts.path_and_query = Some(path.map_err(|_| unusable())?);
    Uri::from_parts(parts).map_err(|_| unusable())
}

/// An endpoint as messages show it: neither user and password nor a query.
pub(super) fn shown(endpoint: &Uri) -> String {
    let scheme = endpoint.scheme_str().unwrap_or("http");
    let host = endpoint.host().unwrap_or_default();
    let port = endpoint.port_u16().map(|port| format!(":{port}"));
    let path = endpoint.path().trim_end_matches('/');
    format!("{scheme}://{host}{}{path}", port.unwrap_or_default())
}

/// A client for one exporter; connects with the first request.
pub(super) fn client(otlp: &Otlp) -> Result<Client, ExportError> {
    let mut http = HttpConnector::new();
    // Whether `https` works is up to what is around it.
    http.enforce_http(false);
    http.set_nodelay(true);
    let connector = secured(http, &otlp.endpoint, &otlp.tls)?;
    let mut builder = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
    builder.timer(TokioTimer::new());
    builder.pool_timer(TokioTimer::new());
    if otlp.protocol == Protocol::Grpc {
        builder
            .http2_only(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .http2_keep_alive_while_idle(true);
    }
    Ok(builder.build(connector))
}

#[cfg(feature = "tls")]
fn secured(http: HttpConnector, _: &Uri, files: &Tls) -> Result<Connector, ExportError> {
    let builder = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls::config(files)?)
        .https_or_http()
        .enable_all_versions();
    Ok(builder.wrap_connector(http))
}

#[cfg(not(feature = "tls"))]
fn secured(http: HttpConnector, endpoint: &Uri, _: &Tls) -> Result<Connector, ExportError> {
    match endpoint.scheme() == Some(&uri::Scheme::HTTPS) {
        true => Err(ExportError::NoTls(shown(endpoint))),
        false => Ok(http),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_follows_the_endpoints_path() {
        let uri = |endpoint: &'static str| {
            grpc_uri(&Uri::from_static(endpoint), "/a.B/C")
                .unwrap()
                .to_string()
        };
        assert_eq!(uri("http://localhost:4317"), "http://localhost:4317/a.B/C");
        assert_eq!(
            uri("http://localhost:4317/x/"),
            "http://localhost:4317/x/a.B/C"
        );
    }

    #[test]
    fn a_message_shows_no_password() {
        let endpoint = Uri::from_static("https://user:secret@host:1/v1/traces?key=secret");
        assert_eq!(shown(&endpoint), "https://host:1/v1/traces");
    }
}
