//! A future in a span, which is current during every poll and while the future is dropped.

mod handoff;
mod source;
mod state;
mod watched;

use std::any::type_name;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

pub use self::handoff::{SpanFromInner, handoff};
pub(crate) use self::source::Source;
pub(crate) use self::state::{PollGuard, SpanState};
use crate::failure::Failure;
use crate::outcome::{Called, Observer};
use crate::span::{Entered, Started};

/// Runs `inner` in `span`; `observer` finds the failure in its output.
///
/// A [`Started`] span has options that had to be evaluated at the call; a `Deferred` span
/// starts at the first poll, as an `async fn` does.
#[inline]
pub fn future<S, F, O>(span: S, inner: F, observer: O) -> Traced<S, F, O>
where
    S: Source,
    F: Future,
    O: Observer<F::Output>,
{
    Traced::new(inner, span, observer)
}

/// [`future`] with a closure as the observer, the type of whose parameter is inferred from the bound `FnMut`.
#[inline]
pub fn future_with<S, F, O>(span: S, inner: F, observe: O) -> Traced<S, F, Called<O>>
where
    S: Source,
    F: Future,
    O: FnMut(&F::Output) -> Option<Failure>,
{
    future(span, inner, Called(observe))
}

/// Builds a future inside `span`, which the future continues: for a function that does some of its work
/// when it is called and the rest when its future is polled.
#[inline]
pub fn built<F, B: FnOnce() -> F>(span: Entered, build: B) -> (Started, F) {
    let inner = build();
    (span.suspend(type_name::<B>), inner)
}

pin_project! {
    /// The future of [`future`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Traced<S, F, O> {
        // `None` once it was dropped, with the span current.
        #[pin]
        inner: Option<F>,
        // `PinnedDrop` leaves nothing in it to drop, so that no drop code is compiled for every function.
        state: ManuallyDrop<SpanState>,
        observer: O,
        source: PhantomData<fn(S)>,
    }

    impl<S, F, O> PinnedDrop for Traced<S, F, O> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.state.leave(&mut || this.inner.set(None));
        }
    }
}

impl<S: Source, F, O> Traced<S, F, O> {
    #[inline]
    fn new(inner: F, span: S, observer: O) -> Self {
        Traced {
            inner: Some(inner),
            state: ManuallyDrop::new(span.into()),
            observer,
            source: PhantomData,
        }
    }
}

impl<S: Source, F: Future, O: Observer<F::Output>> Future for Traced<S, F, O> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        // This is the whole cost of a poll without a provider.
        if this.state.is_without() {
            let poll = poll_inner(this.inner.as_mut(), task);
            if !S::IS_INSIDE || poll.is_ready() || !this.state.receives() {
                return poll;
            }
            // The inner future has started its span and is pending until the span is current: it is polled again.
        }
        let polling = PollGuard(this.state);
        let Some(attached) = polling.0.begin_poll() else {
            #[cfg(feature = "metrics")]
            if polling.0.is_measured_alone() {
                return poll_alone(polling, this.inner, task, this.observer);
            }
            polling.end();
            return poll_inner(this.inner, task);
        };
        let poll = poll_inner(this.inner, task);
        match &poll {
            Poll::Pending => polling.pause(attached),
            Poll::Ready(output) => {
                let observer = this.observer;
                polling.finish(attached, &mut || observer.observe(output));
            }
        }
        poll
    }
}

#[cfg(feature = "stream")]
impl<S, F, O> futures_core::FusedFuture for Traced<S, F, O>
where
    S: Source,
    F: futures_core::FusedFuture,
    O: Observer<F::Output>,
{
    fn is_terminated(&self) -> bool {
        let inner = self.inner.as_ref();
        inner.is_none_or(futures_core::FusedFuture::is_terminated)
    }
}

/// Polls a future that is measured but has no span.
#[cfg(feature = "metrics")]
#[cold]
fn poll_alone<F: Future, O: Observer<F::Output>>(
    polling: PollGuard<'_>,
    inner: Pin<&mut Option<F>>,
    task: &mut TaskContext<'_>,
    observer: &mut O,
) -> Poll<F::Output> {
    let poll = poll_inner(inner, task);
    match &poll {
        Poll::Pending => polling.end(),
        Poll::Ready(output) => polling.finish_alone(&mut || observer.observe(output)),
    }
    poll
}

/// Polls the body. This is the only place that does, so that the body is compiled once, for polls with and without a
/// span.
#[inline(never)]
fn poll_inner<F: Future>(
    inner: Pin<&mut Option<F>>,
    task: &mut TaskContext<'_>,
) -> Poll<F::Output> {
    match inner.as_pin_mut() {
        Some(inner) => inner.poll(task),
        None => gone(),
    }
}

#[cold]
fn gone() -> ! {
    unreachable!("the inner future is dropped only with this one")
}

/// `future_in!(span, future)`: a future in a span that starts at its first poll.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_future_in {
    ($span:expr, $future:expr) => {
        match ($span, $future) {
            (span, future) => {
                let observer = $crate::__private::observer!(@inferred &future);
                $crate::__private::future(span, future, observer)
            }
        }
    };
}

/// `traced_stream!(span, stream, observer)`: the stream in the span.
#[cfg(feature = "stream")]
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_stream {
    ($span:ident, $stream:ident, $observer:expr) => {{
        let observer = $observer;
        $crate::__private::stream($span, $stream, observer)
    }};
}

/// `traced_stream!(span, stream, observer)`: without the feature `stream`, the span covers only the call that makes
/// the stream.
#[cfg(not(feature = "stream"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_stream {
    ($span:ident, $stream:ident, $observer:expr) => {{
        $span.end_now();
        $stream
    }};
}

/// `traced_fused_future!(span, future, observer)`: the future in the span, for a function whose return type is a
/// `FusedFuture`.
#[cfg(feature = "stream")]
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_fused_future {
    ($span:ident, $future:ident, $observer:expr) => {{
        let observer = $observer;
        $crate::__private::future($span, $future, observer)
    }};
}

/// `traced_fused_future!(span, future, observer)`: without the feature `stream`, which the trait needs, the span
/// covers only the call that makes the future.
#[cfg(not(feature = "stream"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_fused_future {
    ($span:ident, $future:ident, $observer:expr) => {{
        $span.end_now();
        $future
    }};
}
