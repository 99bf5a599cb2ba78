//! The future of a response in its span.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use http::Response;
use http_body::Body;
use opentelemetry::trace::SpanKind;
use pin_project_lite::pin_project;

use super::body::ResponseBody;
use super::record_rpc_status;
use super::route::{OuterSpan, Route};
use crate::failure::Failure;
use crate::http_conventions::{has_no_body, version_name};
use crate::http_spans::exchange::Exchange;
use crate::http_spans::in_exchange::ResponseInExchange;
use crate::outcome::Outcome as _;

pin_project! {
    /// The future of a response.
    ///
    /// The span is current during every poll and while the inner future is dropped, and continues
    /// with the body of the response.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, E> {
        #[pin]
        inner: ResponseInExchange<F>,
        is_head: bool,
        failure_of: fn(&E) -> Failure,
        // Gets the route if the response has one.
        outer: Option<OuterSpan>,
    }
}

impl<F, E> fmt::Debug for ResponseFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl<F, E> ResponseFuture<F, E> {
    pub(super) fn new(
        inner: F,
        exchange: Exchange,
        is_head: bool,
        failure_of: fn(&E) -> Failure,
        outer: Option<OuterSpan>,
    ) -> Self {
        ResponseFuture {
            inner: ResponseInExchange::new(inner, exchange),
            is_head,
            failure_of,
            outer,
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F, E>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (mut exchange, result) = ready!(this.inner.poll(task));
        match result {
            Ok(response) => {
                let route = response.extensions().get::<Route>();
                if let (Some(outer), Some(route)) = (this.outer, route) {
                    outer.set_route(route);
                }
                Poll::Ready(Ok(in_span(exchange, *this.is_head, response)))
            }
            Err(error) => {
                exchange.fail((this.failure_of)(&error));
                exchange.end();
                Poll::Ready(Err(error))
            }
        }
    }
}

/// Records the head of the response, and passes the span to the body.
fn in_span<B: Body>(
    mut exchange: Exchange,
    is_head: bool,
    response: Response<B>,
) -> Response<ResponseBody<B>> {
    let (head, body) = response.into_parts();
    if exchange.kind == SpanKind::Client {
        // The request may have been sent with another HTTP version than it was created with.
        let version = version_name(head.version);
        exchange.set(&mut |attributes| attributes.value("network.protocol.version", &version));
    }
    let failure = head.status.failure_on(&exchange.kind);
    exchange.answered(head.status.as_u16(), failure);
    let is_over = record_rpc_status(&mut exchange, &head.headers)
        || has_no_body(is_head, head.status.as_u16())
        || body.is_end_stream();
    if is_over {
        exchange.end();
    }
    let length = head.headers.get(http::header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let length = length.or_else(|| body.size_hint().exact());
    Response::from_parts(head, ResponseBody::new(body, exchange, length))
}
