//! The body of a response in its span.

use std::fmt::{self, Display};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::record_rpc_status;
use crate::failure::Failure;
use crate::http_spans::exchange::Exchange;
use crate::http_spans::in_exchange::BodyInExchange;

pin_project! {
    /// The body of a response, whose end ends the span.
    pub struct ResponseBody<B> {
        #[pin]
        inner: BodyInExchange<B>,
        // The bytes to come, if the head has a length: hyper does not poll further after the last of them.
        remaining: Option<u64>,
    }
}

impl<B> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn new(inner: B, exchange: Exchange, remaining: Option<u64>) -> Self {
        ResponseBody {
            inner: BodyInExchange::new(inner, exchange),
            remaining,
        }
    }
}

/// An empty body.
impl<B: Default> Default for ResponseBody<B> {
    fn default() -> Self {
        ResponseBody::new(B::default(), Exchange::without_span(), None)
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body,
    B::Error: Display + 'static,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let polled = this.inner.poll_with(|mut body| {
            let frame = ready!(body.as_mut().poll_frame(task));
            let is_last = matches!(frame, Some(Ok(_))) && body.is_end_stream();
            Poll::Ready((frame, is_last))
        });
        let Some((exchange, polled)) = polled else {
            return Poll::Ready(None);
        };
        let (frame, is_last) = ready!(polled);
        match &frame {
            Some(Ok(frame)) => {
                let trailers = frame.trailers_ref();
                if trailers.is_some_and(|trailers| record_rpc_status(exchange, trailers)) {
                    exchange.end();
                }
                if let (Some(remaining), Some(data)) = (this.remaining.as_mut(), frame.data_ref()) {
                    *remaining = remaining.saturating_sub(data.remaining() as u64);
                }
                let is_whole = *this.remaining == Some(0) && !exchange.is_rpc;
                if is_whole || is_last {
                    exchange.end();
                }
            }
            Some(Err(error)) => {
                exchange.fail(Failure::from_display_or_boxed(error));
                exchange.end();
            }
            None => exchange.end(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.get().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .get()
            .map_or_else(SizeHint::default, Body::size_hint)
    }
}
