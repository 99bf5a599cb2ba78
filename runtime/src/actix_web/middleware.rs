//! The middleware's service, and its future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, ready};

use actix_web::Error;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, Version};
use pin_project_lite::pin_project;

use super::body::ResponseBody;
use crate::http_conventions::has_no_body;
use crate::http_spans::exchange::Exchange;
use crate::http_spans::in_exchange::ResponseInExchange;
use crate::http_spans::server::{RequestHead, ServerSettings};
use crate::outcome::Outcome as _;

/// The service of [`Traced`](super::Traced).
#[derive(Debug)]
pub struct TracedMiddleware<S> {
    service: S,
    settings: Rc<ServerSettings>,
}

impl<S> TracedMiddleware<S> {
    pub(super) fn new(service: S, settings: Rc<ServerSettings>) -> Self {
        TracedMiddleware { service, settings }
    }
}

impl<S, B> Service<ServiceRequest> for TracedMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ResponseBody<B>>;
    type Error = Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&self, task: &mut TaskContext<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(task)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let is_head = request.method() == Method::HEAD;
        let mut exchange = start(&self.settings, &request);
        let inner = exchange.enter(|| self.service.call(request));
        ResponseFuture {
            inner: ResponseInExchange::new(inner, exchange),
            is_head,
        }
    }
}

fn start(settings: &ServerSettings, request: &ServiceRequest) -> Exchange {
    let uri = request.uri();
    // The pattern of the resource, which is known before a handler is called.
    let route = request.match_pattern();
    let is_tls = request.app_config().secure();
    settings.start(&RequestHead {
        headers: request.headers(),
        method: request.method().as_str(),
        path: uri.path(),
        query: uri.query(),
        scheme: uri.scheme_str().or(is_tls.then_some("https")),
        authority: uri.authority().map(|authority| authority.as_str()),
        version: version_name(request.version()),
        peer: request.peer_addr(),
        route: route.as_deref(),
    })
}

/// The value of `network.protocol.version`. The version is a type of another version of `http`.
fn version_name(version: Version) -> Option<&'static str> {
    Some(match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => return None,
    })
}

pin_project! {
    /// The future of a response.
    ///
    /// The span is current during every poll and while the inner future is dropped, and continues
    /// with the body of the response.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: ResponseInExchange<F>,
        is_head: bool,
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl<F, B> Future for ResponseFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<ResponseBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (mut exchange, result) = ready!(this.inner.poll(task));
        match result {
            Ok(response) => {
                let status = response.status().as_u16();
                exchange.answered(status, response.failure());
                let size = response.response().body().size();
                let is_empty = matches!(size, BodySize::None | BodySize::Sized(0));
                if has_no_body(*this.is_head, status) || is_empty {
                    exchange.end();
                }
                Poll::Ready(Ok(
                    response.map_body(|_, body| ResponseBody::new(body, exchange))
                ))
            }
            // An inner middleware failed. actix-web makes the response outside of all middleware.
            Err(error) => {
                let status = error.as_response_error().status_code();
                exchange.answered(status.as_u16(), error.failure());
                exchange.end();
                Poll::Ready(Err(error))
            }
        }
    }
}
