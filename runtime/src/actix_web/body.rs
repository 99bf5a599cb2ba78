//! The body of a response, in the span.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use pin_project_lite::pin_project;

use crate::failure::Failure;
use crate::http_spans::exchange::Exchange;

pin_project! {
    /// The body of a response: the body of the service inside, whose end is the end of the span.
    pub struct ResponseBody<B> {
        // `None` once it was dropped, with the span current.
        #[pin]
        inner: Option<B>,
        exchange: Exchange,
    }

    impl<B> PinnedDrop for ResponseBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.exchange.leave(false, &mut || this.inner.set(None));
        }
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
            inner: Some(inner),
            exchange,
        }
    }
}

impl<B: MessageBody> MessageBody for ResponseBody<B> {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.inner
            .as_ref()
            .map_or(BodySize::None, MessageBody::size)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            return Poll::Ready(None);
        };
        let chunk = ready!(this.exchange.enter(|| inner.poll_next(task)));
        Poll::Ready(match chunk {
            Some(Ok(bytes)) => Some(Ok(bytes)),
            Some(Err(error)) => {
                let error: Box<dyn Error> = error.into();
                this.exchange
                    .fail(Failure::from_dyn::<Box<dyn Error>>(&*error));
                this.exchange.end();
                Some(Err(error))
            }
            None => {
                this.exchange.end();
                None
            }
        })
    }
}
