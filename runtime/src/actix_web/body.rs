//! The body of a response in its span.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use pin_project_lite::pin_project;

use crate::failure::Failure;
use crate::http_spans::exchange::Exchange;
use crate::http_spans::in_exchange::BodyInExchange;

pin_project! {
    /// The body of a response, whose end ends the span.
    pub struct ResponseBody<B> {
        #[pin]
        inner: BodyInExchange<B>,
    }
}

impl<B> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn new(inner: B, exchange: Exchange) -> Self {
        ResponseBody {
            inner: BodyInExchange::new(inner, exchange),
        }
    }
}

impl<B: MessageBody> MessageBody for ResponseBody<B> {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.inner.get().map_or(BodySize::None, MessageBody::size)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let polled = self.project().inner.poll_with(|body| body.poll_next(task));
        let Some((exchange, chunk)) = polled else {
            return Poll::Ready(None);
        };
        Poll::Ready(match ready!(chunk) {
            Some(Ok(bytes)) => Some(Ok(bytes)),
            Some(Err(error)) => {
                let error: Box<dyn Error> = error.into();
                exchange.fail(Failure::from_dyn::<Box<dyn Error>>(&*error));
                exchange.end();
                Some(Err(error))
            }
            None => {
                exchange.end();
                None
            }
        })
    }
}
