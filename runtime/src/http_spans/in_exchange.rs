//! The future and the body of a response, which are polled and dropped in the span of their exchange.
//!
//! `tower` and `actix_web` wrap them in types for the responses of those crates.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use pin_project_lite::pin_project;

use super::exchange::Exchange;

pin_project! {
    /// The future of a response. Dropping it before the response is ready cancels the exchange.
    pub(crate) struct ResponseInExchange<F> {
        // `None` once it was dropped, with the span current.
        #[pin]
        future: Option<F>,
        exchange: Exchange,
    }

    impl<F> PinnedDrop for ResponseInExchange<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.exchange.leave(false, &mut || this.future.set(None));
        }
    }
}

impl<F> ResponseInExchange<F> {
    pub(crate) fn new(future: F, exchange: Exchange) -> Self {
        ResponseInExchange {
            future: Some(future),
            exchange,
        }
    }
}

impl<F: Future> Future for ResponseInExchange<F> {
    /// The exchange continues with the body of the response.
    type Output = (Exchange, F::Output);

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut inner = this.future;
        let output = ready!(this.exchange.enter(|| {
            let Some(future) = inner.as_mut().as_pin_mut() else {
                panic!("a `ResponseFuture` was polled again after it had been ready");
            };
            let output = ready!(future.poll(task));
            inner.set(None);
            Poll::Ready(output)
        }));
        Poll::Ready((this.exchange.take(), output))
    }
}

pin_project! {
    /// The body of a response, whose end ends the span.
    pub(crate) struct BodyInExchange<B> {
        // `None` once it was dropped, with the span current.
        #[pin]
        body: Option<B>,
        exchange: Exchange,
    }

    impl<B> PinnedDrop for BodyInExchange<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let is_complete = !this.exchange.is_cancelled_when_dropped();
            this.exchange.leave(is_complete, &mut || this.body.set(None));
        }
    }
}

impl<B> BodyInExchange<B> {
    pub(crate) fn new(body: B, exchange: Exchange) -> Self {
        BodyInExchange {
            body: Some(body),
            exchange,
        }
    }

    pub(crate) fn get(&self) -> Option<&B> {
        self.body.as_ref()
    }

    /// Polls the body with the span current, and returns the exchange to record the outcome; `None` if the body was
    /// dropped.
    pub(crate) fn poll_with<R>(
        self: Pin<&mut Self>,
        poll: impl FnOnce(Pin<&mut B>) -> R,
    ) -> Option<(&mut Exchange, R)> {
        let this = self.project();
        let body = this.body.as_pin_mut()?;
        let polled = this.exchange.enter(|| poll(body));
        Some((this.exchange, polled))
    }
}
