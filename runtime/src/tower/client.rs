//! The layer of a client.

use std::error::Error;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use http::{Method, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::body::ResponseBody;
use super::future::ResponseFuture;
use crate::failure::Failure;
use crate::http_spans::client::ClientSettings;

/// A layer that puts every request of a client in a span, and injects the span's context into the headers.
///
/// For tonic, pass the resulting service to a generated client (`OrdersClient::new`):
///
/// ```
/// fn traced<C>(channel: C) -> traced::tower::Client<C> {
///     traced::tower::client().server("orders", 50051).layer(channel)
/// }
/// # let _ = traced(());
/// ```
///
/// The span ends with the body of the response, or that of a gRPC call with its status. Dropping the body
/// unread ends the span too; a gRPC call is then marked as cancelled.
///
/// Specification: OpenTelemetry semantic conventions, *HTTP spans*, "HTTP client span", and *gRPC*.
pub fn client() -> ClientLayer {
    ClientLayer::default()
}

/// The layer that [`client`] returns.
///
/// Put it next to the client, below layers that retry, so that each attempt has a span.
///
/// ```
/// let layer = traced::tower::client().redact(["voucher"]);
/// # let _ = layer;
/// ```
#[derive(Clone, Debug, Default)]
pub struct ClientLayer {
    settings: Arc<ClientSettings>,
}

impl ClientLayer {
    fn change(mut self, change: impl FnOnce(&mut ClientSettings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// Puts this layer around a client. It is the method of the trait `tower_layer::Layer`, which need not be imported.
    ///
    /// ```
    /// # fn of_hyper<C>(client: C) -> traced::tower::Client<C> {
    /// let client = traced::tower::client().layer(client);
    /// # client
    /// # }
    /// # let _ = of_hyper(());
    /// ```
    pub fn layer<S>(&self, inner: S) -> Client<S> {
        Client {
            inner,
            settings: Arc::clone(&self.settings),
        }
    }

    /// Sets the server for requests that do not name it: those of a tonic client have only a path in this layer.
    ///
    /// The baggage is sent only to [hosts that may get it](ClientLayer::baggage_to), so a server that is not known
    /// gets none.
    ///
    /// ```
    /// let layer = traced::tower::client().server("orders", 50051);
    /// # let _ = layer;
    /// ```
    pub fn server(self, host: impl Into<String>, port: u16) -> Self {
        let server = (host.into(), port);
        self.change(|settings| settings.server = Some(server))
    }

    /// Adds hosts that get the baggage, besides internal hosts: a name, an address, `*.example.com` for every
    /// name below `example.com`, or `*` for every host.
    ///
    /// Internal hosts are names of one label (`orders`), names below `localhost`, `local`, `internal` and `svc`,
    /// and the addresses of the loopback and of private networks. Names are not resolved.
    ///
    /// ```
    /// let layer = traced::tower::client().baggage_to(["orders.example.com"]);
    /// # let _ = layer;
    /// ```
    pub fn baggage_to<H: Into<String>>(self, hosts: impl IntoIterator<Item = H>) -> Self {
        let hosts = hosts.into_iter().map(Into::into);
        self.change(|settings| settings.baggage.allow(hosts))
    }

    /// Sends the baggage only to the hosts that [`baggage_to`](ClientLayer::baggage_to) names, and not to internal
    /// hosts.
    ///
    /// ```
    /// let layer = traced::tower::client().baggage_to_named_hosts_only();
    /// # let _ = layer;
    /// ```
    pub fn baggage_to_named_hosts_only(self) -> Self {
        self.change(|settings| settings.baggage.exclude_internal())
    }

    /// Adds query parameters whose values are replaced by `REDACTED` in `url.full`, compared without regard to
    /// case. The parameters of signed URLs, those named like a token, an API key, a secret or a password, and
    /// user name and password are always replaced.
    ///
    /// ```
    /// let layer = traced::tower::client().redact(["voucher"]);
    /// # let _ = layer;
    /// ```
    pub fn redact<P: Into<String>>(self, parameters: impl IntoIterator<Item = P>) -> Self {
        let parameters = parameters.into_iter().map(Into::into);
        self.change(|settings| settings.redaction.add(parameters))
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = Client<S>;

    fn layer(&self, inner: S) -> Client<S> {
        ClientLayer::layer(self, inner)
    }
}

/// A client whose requests are in spans.
#[derive(Clone, Debug)]
pub struct Client<S> {
    inner: S,
    settings: Arc<ClientSettings>,
}

impl<S, A, B> Service<Request<A>> for Client<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Error: Error + 'static,
    B: Body,
{
    type Response = Response<ResponseBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, S::Error>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let (mut head, body) = request.into_parts();
        let is_head = head.method == Method::HEAD;
        let mut exchange = self.settings.start(&mut head);
        let request = Request::from_parts(head, body);
        let inner = exchange.enter(|| self.inner.call(request));
        ResponseFuture::new(inner, exchange, is_head, Failure::from_error, None)
    }
}
