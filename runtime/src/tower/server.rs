//! The layer of a server.

use std::borrow::Cow;
use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use axum::extract::ConnectInfo;
use http::{Extensions, Method, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::body::ResponseBody;
use super::future::ResponseFuture;
use super::route::{OuterSpan, Route};
use crate::failure::Failure;
use crate::http_conventions::version_name;
use crate::http_spans::exchange::Exchange;
use crate::http_spans::server::{RequestHead, ServerSettings};

/// A layer that puts every request of a server in a span: see [the module](crate::tower).
///
/// ```
/// use axum::Router;
///
/// let router: Router = Router::new().layer(traced::tower::server());
/// # let _ = router;
/// ```
pub fn server() -> ServerLayer {
    ServerLayer::default()
}

/// The layer that [`server`] returns. Cloning it is cheap.
///
/// ```
/// let layer = traced::tower::server().skip(["/healthz"]).public();
/// # let _ = layer;
/// ```
#[derive(Clone, Debug, Default)]
pub struct ServerLayer {
    settings: Arc<Settings>,
}

#[derive(Clone, Debug, Default)]
struct Settings {
    spans: ServerSettings,
    peer: Option<fn(&Extensions) -> Option<SocketAddr>>,
}

impl ServerLayer {
    fn change(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// Excludes requests with exactly these paths, such as health checks: they have no span.
    ///
    /// ```
    /// let layer = traced::tower::server().skip(["/healthz", "/metrics"]);
    /// # let _ = layer;
    /// ```
    pub fn skip<P: Into<String>>(self, paths: impl IntoIterator<Item = P>) -> Self {
        let paths = paths.into_iter().map(Into::into);
        self.change(|settings| settings.spans.skipped.extend(paths))
    }

    /// Adds query parameters whose values are replaced by `REDACTED` in `url.query`, compared without regard to
    /// case. The parameters of signed URLs, and those named like a token, an API key, a secret or a password,
    /// are always replaced.
    ///
    /// ```
    /// let layer = traced::tower::server().redact(["voucher"]);
    /// # let _ = layer;
    /// ```
    pub fn redact<P: Into<String>>(self, parameters: impl IntoIterator<Item = P>) -> Self {
        let parameters = parameters.into_iter().map(Into::into);
        self.change(|settings| settings.spans.redaction.add(parameters))
    }

    /// For callers that are not trusted: each request starts a new trace with a link to the caller's span. The
    /// caller then determines neither the trace id nor whether the trace is sampled, and its baggage is ignored.
    ///
    /// ```
    /// let layer = traced::tower::server().public();
    /// # let _ = layer;
    /// ```
    pub fn public(self) -> Self {
        self.change(|settings| settings.spans.is_public = true)
    }

    /// Counts a request whose client disconnects before the end as failed, with the `error.type` `cancelled`, as the
    /// conventions for HTTP recommend. By default such a span has the attribute `traced.cancelled` and no status, like
    /// every cancelled span of this crate, because nothing went wrong in the server.
    ///
    /// ```
    /// let layer = traced::tower::server().fail_cancelled();
    /// # let _ = layer;
    /// ```
    pub fn fail_cancelled(self) -> Self {
        self.change(|settings| settings.spans.fails_cancelled = true)
    }

    /// Sets `url.scheme` for requests that do not contain it, as a request of HTTP/1 has only a path: call
    /// `scheme("https")` for a server with TLS. The default is `http`.
    ///
    /// ```
    /// let layer = traced::tower::server().scheme("https");
    /// # let _ = layer;
    /// ```
    pub fn scheme(self, scheme: impl Into<Cow<'static, str>>) -> Self {
        let scheme = scheme.into();
        self.change(|settings| settings.spans.scheme = Some(scheme))
    }

    /// Sets the function that finds the address of the peer in the extensions of a request. It is not needed for the
    /// extension that axum's `into_make_service_with_connect_info::<SocketAddr>()` inserts, nor for a `SocketAddr`.
    /// For a server of tonic, use
    /// `.peer(|extensions| extensions.get::<TcpConnectInfo>()?.remote_addr())`.
    ///
    /// ```
    /// use std::net::SocketAddr;
    ///
    /// #[derive(Clone)]
    /// struct Connection { peer: SocketAddr }
    ///
    /// let layer = traced::tower::server()
    ///     .peer(|extensions| Some(extensions.get::<Connection>()?.peer));
    /// # let _ = layer;
    /// ```
    pub fn peer(self, find: fn(&Extensions) -> Option<SocketAddr>) -> Self {
        self.change(|settings| settings.peer = Some(find))
    }

    /// Puts this layer around a service. It is the method of the trait `tower_layer::Layer`, which need not be imported.
    ///
    /// ```
    /// # fn of_hyper<S>(service: S) -> traced::tower::Server<S> {
    /// let service = traced::tower::server().layer(service);
    /// # service
    /// # }
    /// # let _ = of_hyper(());
    /// ```
    pub fn layer<S>(&self, inner: S) -> Server<S> {
        Server {
            inner,
            settings: Arc::clone(&self.settings),
        }
    }
}

impl Settings {
    fn start<B>(&self, request: &Request<B>, route: Option<&Route>) -> Exchange {
        let uri = request.uri();
        self.spans.start(&RequestHead {
            headers: request.headers(),
            method: request.method().as_str(),
            path: uri.path(),
            query: uri.query(),
            scheme: uri.scheme_str(),
            authority: uri.authority().map(|authority| authority.as_str()),
            version: version_name(request.version()),
            peer: self.peer_in(request.extensions()),
            route: route.map(Route::as_str),
        })
    }

    fn peer_in(&self, extensions: &Extensions) -> Option<SocketAddr> {
        let found = self.peer.and_then(|find| find(extensions));
        let of_axum = || Some(extensions.get::<ConnectInfo<SocketAddr>>()?.0);
        found.or_else(of_axum).or_else(|| extensions.get().copied())
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = Server<S>;

    fn layer(&self, inner: S) -> Server<S> {
        ServerLayer::layer(self, inner)
    }
}

/// A service whose requests are in spans.
#[derive(Clone, Debug)]
pub struct Server<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S, A, B> Service<Request<A>> for Server<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Error: Display + 'static,
    B: Body,
{
    type Response = Response<ResponseBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, S::Error>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let is_head = request.method() == Method::HEAD;
        let route = Route::of(request.extensions());
        if let Some(outer) = request.extensions().get::<OuterSpan>() {
            if let Some(route) = &route {
                outer.set_route(route);
            }
            let inner = self.inner.call(request);
            return ResponseFuture::new(
                inner,
                Exchange::without_span(),
                is_head,
                Failure::from_display_or_boxed,
                None,
            );
        }
        let mut exchange = self.settings.start(&request, route.as_ref());
        let outer = exchange.context().map(|context| {
            let has_route = route.is_some() || exchange.is_rpc;
            OuterSpan::new(context.clone(), request.method().clone(), has_route)
        });
        if let Some(outer) = &outer {
            request.extensions_mut().insert(outer.clone());
        }
        let inner = exchange.enter(|| self.inner.call(request));
        ResponseFuture::new(
            inner,
            exchange,
            is_head,
            Failure::from_display_or_boxed,
            outer,
        )
    }
}
