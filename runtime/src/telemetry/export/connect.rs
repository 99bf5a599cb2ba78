//! Connects to a collector: directly, through a proxy, or over a Unix socket.
//!
//! The proxy is that in `HTTP_PROXY`, `HTTPS_PROXY` or `ALL_PROXY`, in upper or lower case, unless
//! `NO_PROXY` excludes the collector's host. Plain HTTP/1.1 requests are sent to the proxy. TLS and HTTP/2,
//! which proxies do not forward, use a tunnel (`CONNECT`).

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderValue, Uri};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::self_log::{self, Level};
use crate::telemetry::settings::{OtlpSettings, Protocol};
use crate::telemetry::variables::{ALL_PROXY, HTTP_PROXY, HTTPS_PROXY, NO_PROXY};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Connects to the collector directly, through a proxy, or over a Unix socket.
#[derive(Clone)]
pub(super) enum Connector {
    Direct(HttpConnector),
    /// To a proxy, to which requests with the whole URL are sent.
    Forward(HttpConnector, Uri),
    Tunnel(Tunnel<HttpConnector>),
    #[cfg(unix)]
    Socket(std::sync::Arc<std::path::Path>),
}

/// How to reach a collector, and the authorization for a proxy, which each request needs.
pub(super) struct Route {
    pub(super) connector: Connector,
    pub(super) proxy_authorization: Option<HeaderValue>,
}

impl Route {
    pub(super) fn to(otlp: &OtlpSettings) -> Self {
        #[cfg(unix)]
        if let Some(socket) = &otlp.endpoint.socket {
            return Route::from(Connector::Socket(socket.as_path().into()));
        }
        let mut http = HttpConnector::new();
        // The connector around this one handles `https`.
        http.enforce_http(false);
        http.set_nodelay(true);
        let Some(proxy) = proxy_for(&otlp.endpoint.uri, &Matcher::from_env()) else {
            return Route::from(Connector::Direct(http));
        };
        let is_tls = otlp.endpoint.is_https();
        let authorization = proxy.basic_auth().cloned();
        if !is_tls && otlp.protocol != Protocol::Grpc {
            return Route {
                connector: Connector::Forward(http, proxy.uri().clone()),
                proxy_authorization: authorization,
            };
        }
        let tunnel = Tunnel::new(proxy.uri().clone(), http);
        Route::from(Connector::Tunnel(match authorization {
            Some(authorization) => tunnel.with_auth(authorization),
            None => tunnel,
        }))
    }
}

impl From<Connector> for Route {
    fn from(connector: Connector) -> Self {
        Route {
            connector,
            proxy_authorization: None,
        }
    }
}

/// The proxy for requests to `endpoint`. A collector on this machine, which is the most usual, needs none.
fn proxy_for(endpoint: &Uri, matcher: &Matcher) -> Option<Intercept> {
    if is_loopback(endpoint.host()?) {
        return None;
    }
    let proxy = matcher.intercept(endpoint)?;
    let scheme = proxy.uri().scheme_str().unwrap_or_default();
    if scheme != "http" {
        self_log::once(
            Level::Warn,
            &format!("proxy by {scheme}"),
            format_args!(
                "a proxy with the scheme `{scheme}` is not supported, so telemetry is sent without a proxy; set {}, \
                 {} or {} to the URL of an `http` proxy, or name in {} the hosts that need no proxy",
                HTTP_PROXY.name, HTTPS_PROXY.name, ALL_PROXY.name, NO_PROXY.name,
            ),
        );
        return None;
    }
    Some(proxy)
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.');
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => {
            let host = host.to_ascii_lowercase();
            host == "localhost" || host.ends_with(".localhost")
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self {
            Connector::Direct(http) | Connector::Forward(http, _) => {
                http.poll_ready(cx).map_err(Into::into)
            }
            Connector::Tunnel(tunnel) => tunnel.poll_ready(cx).map_err(Into::into),
            #[cfg(unix)]
            Connector::Socket(_) => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, collector: Uri) -> Self::Future {
        match self {
            Connector::Direct(http) => {
                let connecting = http.call(collector);
                Box::pin(async { Ok(Stream::Direct(connecting.await?)) })
            }
            Connector::Forward(http, proxy) => {
                let connecting = http.call(proxy.clone());
                Box::pin(async { Ok(Stream::Forward(connecting.await?)) })
            }
            Connector::Tunnel(tunnel) => {
                let connecting = tunnel.call(collector);
                Box::pin(async { Ok(Stream::Direct(connecting.await?)) })
            }
            #[cfg(unix)]
            Connector::Socket(path) => {
                let path = std::sync::Arc::clone(path);
                Box::pin(async move {
                    let stream = tokio::net::UnixStream::connect(path).await?;
                    Ok(Stream::Socket(TokioIo::new(stream)))
                })
            }
        }
    }
}

/// A connection.
pub(super) enum Stream {
    Direct(TokioIo<TcpStream>),
    Forward(TokioIo<TcpStream>),
    #[cfg(unix)]
    Socket(TokioIo<tokio::net::UnixStream>),
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        match self {
            Stream::Direct(tcp) => tcp.connected(),
            Stream::Forward(tcp) => tcp.connected().proxy(true),
            #[cfg(unix)]
            Stream::Socket(unix) => unix.connected(),
        }
    }
}

/// Calls the method of the inner stream.
macro_rules! forward {
    ($stream:ident.$method:ident($($argument:expr),*)) => {
        match $stream.get_mut() {
            Stream::Direct(tcp) | Stream::Forward(tcp) => Pin::new(tcp).$method($($argument),*),
            #[cfg(unix)]
            Stream::Socket(unix) => Pin::new(unix).$method($($argument),*),
        }
    };
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        forward!(self.poll_read(cx, to))
    }
}

impl Write for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        forward!(self.poll_write(cx, from))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self.poll_shutdown(cx))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Stream::Direct(tcp) | Stream::Forward(tcp) => tcp.is_write_vectored(),
            #[cfg(unix)]
            Stream::Socket(unix) => unix.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        forward!(self.poll_write_vectored(cx, from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_on_this_machine_needs_no_proxy() {
        let matcher = Matcher::builder()
            .all("http://proxy:3128")
            .no("inside.example, 10.0.0.0/8")
            .build();
        let is_proxied = |endpoint: &str| proxy_for(&endpoint.parse().unwrap(), &matcher).is_some();
        for endpoint in [
            "http://collector:4318",
            "https://collector",
            "http://11.0.0.1",
        ] {
            assert!(is_proxied(endpoint), "{endpoint}");
        }
        for endpoint in [
            "http://localhost:4318",
            "http://LOCALHOST.:4318",
            "http://shop.localhost",
            "https://127.0.0.1:4318",
            "http://127.1.2.3",
            "http://[::1]:4318",
            "http://a.inside.example",
            "http://10.1.1.1",
        ] {
            assert!(!is_proxied(endpoint), "{endpoint}");
        }
        let socks = Matcher::builder().all("socks5://proxy:1080").build();
        assert!(proxy_for(&"http://collector".parse().unwrap(), &socks).is_none());
    }
}
