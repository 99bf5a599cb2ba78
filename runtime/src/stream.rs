//! A stream in a span: current on every poll and while it is dropped.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::current_context::ContextStack;
use crate::future::{Phase, Visit};
use crate::span::Started;

/// Runs `inner` in `span`, which ends when the stream does.
pub fn stream<S: Stream>(span: Started, inner: S) -> TracedStream<S> {
    TracedStream {
        inner: Some(inner),
        phase: span.into(),
    }
}

pin_project! {
    /// The stream of [`stream`].
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct TracedStream<S> {
        // `None` once it was dropped, which happens with the span current.
        #[pin]
        inner: Option<S>,
        phase: Phase,
    }

    impl<S> PinnedDrop for TracedStream<S> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.phase.leave(&mut || this.inner.set(None));
        }
    }
}

impl<S: Stream> Stream for TracedStream<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            unreachable!("the inner stream is dropped only with this one");
        };
        let Some(stack) = ContextStack::of_this_thread() else {
            return inner.poll_next(task);
        };
        let visit = Visit(this.phase);
        let Some(guard) = visit.0.live().map(|live| live.attach(stack)) else {
            visit.end();
            return inner.poll_next(task);
        };
        let poll = inner.poll_next(task);
        drop(guard);
        if let Poll::Ready(None) = &poll {
            visit.0.succeed();
        }
        visit.end();
        poll
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}
