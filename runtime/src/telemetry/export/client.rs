//! The HTTP client of an exporter, for both protocols.

use std::time::Duration;

use bytes::Bytes;
use http::header::{PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Uri, uri};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connect::{Connector as Plain, Route};
use super::error::ExportError;
use super::send_error::{SendError, SendErrorKind};
use super::signal::OtlpSignal;
#[cfg(feature = "tls")]
use super::tls;
use crate::telemetry::settings::{Compression, OtlpSettings, Protocol, Tls};

#[cfg(feature = "tls")]
type Connector = hyper_rustls::HttpsConnector<Plain>;
#[cfg(not(feature = "tls"))]
type Connector = Plain;

/// Opens connections when needed, and keeps them open between exports.
pub(super) type Client = hyper_util::client::legacy::Client<Connector, Full<Bytes>>;

/// The user agent: this crate, then the name that the specification requires.
///
/// Specification: OpenTelemetry Protocol Exporter, "User Agent".
const AGENT: &str = concat!(
    "traced/",
    env!("CARGO_PKG_VERSION"),
    " OTel-OTLP-Exporter-Rust/",
    env!("CARGO_PKG_VERSION"),
);

/// How often an idle gRPC connection is pinged, as load balancers drop idle connections after a minute or more.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// The endpoint and the headers of all requests.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) gzip: bool,
    /// The reason why no certificate authority is trusted, if that is so.
    untrusting: Option<String>,
}

impl Target {
    fn new<S: OtlpSignal>(
        otlp: &OtlpSettings,
        proxy_authorization: Option<HeaderValue>,
        untrusting: Option<String>,
    ) -> Result<Self, ExportError> {
        let mut headers = HeaderMap::new();
        if let Some(authorization) = proxy_authorization {
            headers.insert(PROXY_AUTHORIZATION, authorization);
        }
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        for (name, value) in &otlp.headers {
            let mut value = value.0.clone();
            // So that it is neither logged by hyper nor kept in an HPACK table.
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let uri = match otlp.protocol {
            Protocol::Grpc => grpc_uri(&otlp.endpoint.uri, S::METHOD)
                .ok_or_else(|| ExportError::Endpoint(otlp.endpoint.clone()))?,
            Protocol::HttpProtobuf | Protocol::HttpJson => otlp.endpoint.uri.clone(),
        };
        if uri.scheme().is_none() || uri.authority().is_none() {
            return Err(ExportError::Endpoint(otlp.endpoint.clone()));
        }
        Ok(Target {
            uri,
            headers,
            gzip: otlp.compression == Compression::Gzip,
            untrusting,
        })
    }

    /// Converts an error of the client: no connection, a broken one, or no trusted certificate authority.
    pub(super) fn failure(&self, error: &hyper_util::client::legacy::Error) -> SendError {
        let mut failure = SendError::of_client(error);
        if let (SendErrorKind::Distrusted, Some(why)) = (failure.kind, &self.untrusting) {
            failure.detail = format!("{}; {why}", failure.detail);
        }
        failure
    }
}

/// The URI of a gRPC method: the endpoint, whose path is a prefix, followed by the method.
fn grpc_uri(endpoint: &Uri, method: &str) -> Option<Uri> {
    let prefix = endpoint.path().trim_end_matches('/');
    let mut parts = endpoint.clone().into_parts();
    let path = uri::PathAndQuery::try_from(format!("{prefix}{method}"));
    parts.path_and_query = Some(path.ok()?);
    Uri::from_parts(parts).ok()
}

/// A client for one exporter, which connects with the first request, and its target.
pub(super) fn client<S: OtlpSignal>(otlp: &OtlpSettings) -> Result<(Client, Target), ExportError> {
    let route = Route::to(otlp);
    let (connector, untrusting) = secured(route.connector, &otlp.tls)?;
    let target = Target::new::<S>(otlp, route.proxy_authorization, untrusting)?;
    let mut builder = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
    builder.timer(TokioTimer::new());
    builder.pool_timer(TokioTimer::new());
    if otlp.protocol == Protocol::Grpc {
        builder
            .http2_only(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .http2_keep_alive_while_idle(true);
    }
    Ok((builder.build(connector), target))
}

#[cfg(feature = "tls")]
fn secured(plain: Plain, files: &Tls) -> Result<(Connector, Option<String>), ExportError> {
    let (config, untrusting) = tls::config(files)?;
    let builder = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_all_versions();
    Ok((builder.wrap_connector(plain), untrusting))
}

/// Without the feature `tls`, settings never have an `https` endpoint.
#[cfg(not(feature = "tls"))]
fn secured(plain: Plain, _: &Tls) -> Result<(Connector, Option<String>), ExportError> {
    Ok((plain, None))
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
}
