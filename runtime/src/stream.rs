//! A stream in a span, which is current during every poll and while the stream is dropped.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_core::{FusedStream, Stream};
use pin_project_lite::pin_project;

use crate::current_context::ContextStack;
use crate::future::{PollGuard, SpanState};
use crate::outcome::Observer;
use crate::span::{ActiveSpan, Started};

/// Runs `inner` in `span`, which ends with the stream; `observer` finds the failure in each item.
pub fn stream<S, O>(span: Started, inner: S, observer: O) -> TracedStream<S, O>
where
    S: Stream,
    O: Observer<S::Item>,
{
    TracedStream {
        inner: Some(inner),
        state: span.into(),
        observer,
        failed: 0,
        last_failed: false,
    }
}

/// The greatest number of items of a stream that are recorded as exceptions. A span holds 128 events by default, and
/// a stream that keeps failing should leave room for others.
const MOST_EXCEPTIONS: u8 = 16;

pin_project! {
    /// The stream of [`stream`].
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct TracedStream<S, O> {
        // `None` once it was dropped, with the span current.
        #[pin]
        inner: Option<S>,
        state: SpanState,
        observer: O,
        // Counts the items that failed the span, up to `MOST_EXCEPTIONS`.
        failed: u8,
        // Whether the last item was a failure. Dropping the stream then does not count as cancelling it.
        last_failed: bool,
    }

    impl<S, O> PinnedDrop for TracedStream<S, O> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let drop_inner = &mut || this.inner.set(None);
            match this.last_failed {
                true => this.state.leave_ended(drop_inner),
                false => this.state.leave(drop_inner),
            }
        }
    }
}

impl<S: Stream, O: Observer<S::Item>> Stream for TracedStream<S, O> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            unreachable!("the inner stream is dropped only with this one");
        };
        let Some(stack) = ContextStack::of_this_thread() else {
            return inner.poll_next(task);
        };
        let polling = PollGuard(this.state);
        let guard = polling.0.begin_poll();
        if guard.is_none() && !polling.0.is_measured_alone() {
            polling.end();
            return inner.poll_next(task);
        }
        let poll = inner.poll_next(task);
        polling.0.end_poll();
        let item = match &poll {
            Poll::Ready(Some(item)) => Some(item),
            _ => None,
        };
        let active = polling.0.active();
        let may_be_recording = active.is_some_and(ActiveSpan::may_be_recording);
        let observing = match may_be_recording || item.is_none() {
            true => None,
            false => polling.0.begin_observing_unrecorded(),
        };
        let item = item.filter(|_| may_be_recording || observing.is_some());
        let is_recorded = *this.failed < MOST_EXCEPTIONS;
        let failure = item.and_then(|item| {
            // `on_err` sets attributes on the current span, which a failure that is not recorded must not do.
            let _unrecorded = (!is_recorded).then(|| stack.attach_unrecorded());
            let failure = this.observer.observe(item);
            *this.last_failed = failure.is_some();
            failure
        });
        #[cfg_attr(
            not(feature = "metrics"),
            allow(clippy::drop_non_drop, reason = "it is empty without `metrics`")
        )]
        drop(observing);
        drop(guard);
        #[cfg(feature = "metrics")]
        if let Some(failure) = &failure {
            polling.0.note_failed(failure);
        }
        if let (Some(failure), Some(active), true) = (failure, polling.0.active(), is_recorded) {
            match *this.failed {
                0 => active.record_failure(failure),
                _ => active.record_further_failure(failure),
            }
            *this.failed += 1;
        }
        if let Poll::Ready(None) = &poll {
            polling.0.succeed();
        }
        polling.end();
        poll
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}

impl<S: FusedStream, O: Observer<S::Item>> FusedStream for TracedStream<S, O> {
    fn is_terminated(&self) -> bool {
        self.inner.as_ref().is_none_or(FusedStream::is_terminated)
    }
}
