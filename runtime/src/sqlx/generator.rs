//! A stream whose items come from an `async` block. It may own a connection and borrow from it.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

/// Passes the items of an `async` block to its stream.
pub(super) struct Items<T>(Arc<Mutex<Option<T>>>);

impl<T> Items<T> {
    /// Passes an item, and continues when the stream is polled for the next one.
    pub(super) async fn give(&self, item: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(item);
        let mut was_given = false;
        // Needs no waker: the stream is ready now, and is polled again for its next item.
        poll_fn(|_| match std::mem::replace(&mut was_given, true) {
            false => Poll::Pending,
            true => Poll::Ready(()),
        })
        .await;
    }
}

pin_project! {
    /// The stream of an `async` block. If the block returns an error, that is the last item.
    pub(super) struct Generator<T, F> {
        #[pin]
        block: F,
        item: Arc<Mutex<Option<T>>>,
        has_ended: bool,
    }
}

/// The stream of the items that `block` passes.
pub(super) fn generator<T, F>(block: impl FnOnce(Items<T>) -> F) -> Generator<T, F> {
    let item = Arc::new(Mutex::new(None));
    Generator {
        block: block(Items(item.clone())),
        item,
        has_ended: false,
    }
}

impl<T, E, F: Future<Output = Result<(), E>>> Stream for Generator<T, F> {
    type Item = Result<T, E>;

    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        if *this.has_ended {
            return Poll::Ready(None);
        }
        let poll = this.block.poll(task);
        *this.has_ended = poll.is_ready();
        let mut item = this.item.lock().unwrap_or_else(PoisonError::into_inner);
        match (poll, item.take()) {
            (_, Some(item)) => Poll::Ready(Some(Ok(item))),
            (Poll::Ready(Err(error)), None) => Poll::Ready(Some(Err(error))),
            (Poll::Ready(Ok(())), None) => Poll::Ready(None),
            (Poll::Pending, None) => Poll::Pending,
        }
    }
}
