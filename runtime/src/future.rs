//! A future in a span: current on every poll and while it is dropped.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::ContextGuard;
use pin_project_lite::pin_project;

use crate::draft::Draft;
use crate::failure::Failure;
use crate::outcome::{Called, Observer};
use crate::site::Site;
use crate::span::{Entered, Live, Started};

/// Runs `inner` in `span`; `observe` is asked what the output says of it.
#[inline]
pub fn future<F, O>(span: Started, inner: F, observe: O) -> Traced<F, Called<O>>
where
    F: Future,
    O: FnMut(&F::Output) -> Option<Failure>,
{
    resumed(span, inner, Called(observe))
}

/// Runs the future that `prepare` makes, in the span that it starts, at the
/// first poll: for spans that say something of the parameters.
///
/// A borrow of a parameter in the `async fn` itself would keep the parameter's
/// place in the future for good, beside the one it was moved to.
#[inline]
pub fn prepared<P, F, O>(prepare: P, observe: O) -> Prepared<P, F, O>
where
    P: FnOnce() -> (Started, F),
    F: Future,
    O: FnMut(&F::Output) -> Option<Failure>,
{
    Prepared::Waiting {
        prepare: Some((prepare, observe)),
    }
}

/// Builds a future inside `span`, which goes on in the future: for a function
/// that does some of its work when it is called and the rest when it is polled.
#[inline]
pub fn built<F>(span: Entered, build: impl FnOnce() -> F) -> (Started, F) {
    let inner = build();
    (span.suspend(), inner)
}

/// Runs `inner` in `span`.
#[inline]
pub fn resumed<F: Future, O: Observer<F::Output>>(
    span: Started,
    inner: F,
    observer: O,
) -> Traced<F, O> {
    Traced::new(inner, Phase::of(span.live), observer)
}

/// Runs `inner` in a span that starts at the first poll, as an `async fn` does.
#[inline]
pub fn deferred<F: Future, O: Observer<F::Output>>(
    span: Deferred,
    inner: F,
    observer: O,
) -> Traced<F, O> {
    Traced::new(inner, Phase::Deferred(span), observer)
}

/// A span that has not started; what its arguments say was evaluated already.
#[derive(Debug)]
pub struct Deferred {
    pub(crate) site: &'static Site,
    /// In a box, as most have none and every future would carry the space.
    pub(crate) draft: Option<Box<Draft>>,
}

/// Where the span of a future is in its life.
#[derive(Debug)]
enum Phase {
    /// Nothing to do (any more): no provider, or the span has ended.
    Without,
    Deferred(Deferred),
    Live(Live),
}

impl Phase {
    fn of(live: Option<Live>) -> Self {
        live.map_or(Phase::Without, Phase::Live)
    }

    /// The span, started now if it was deferred.
    #[inline]
    fn live(&mut self) -> Option<&Live> {
        if let Phase::Deferred(span) = self {
            *self = Phase::of(span.start());
        }
        match self {
            Phase::Live(live) => Some(live),
            _ => None,
        }
    }

    fn take_live(&mut self) -> Option<Live> {
        match std::mem::replace(self, Phase::Without) {
            Phase::Live(live) => Some(live),
            _ => None,
        }
    }
}

pin_project! {
    /// The future of [`future`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Traced<F, O> {
        // `None` once it was dropped, which happens with the span current.
        #[pin]
        inner: Option<F>,
        phase: Phase,
        observer: O,
    }

    impl<F, O> PinnedDrop for Traced<F, O> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // A span that never started is not worth starting now.
            if !matches!(this.phase, Phase::Live(_)) {
                return;
            }
            let Some(visit) = Visit::begin(this.phase) else {
                return;
            };
            this.inner.set(None);
            visit.end();
            if let Some(live) = this.phase.take_live() {
                live.cancel();
            }
        }
    }
}

impl<F, O> Traced<F, O> {
    #[inline]
    fn new(inner: F, phase: Phase, observer: O) -> Self {
        Traced {
            inner: Some(inner),
            phase,
            observer,
        }
    }
}

impl<F: Future, O: Observer<F::Output>> Future for Traced<F, O> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            unreachable!("the inner future is dropped only with this one");
        };
        let Some(visit) = Visit::begin(this.phase) else {
            return inner.poll(task);
        };
        let poll = inner.poll(task);
        match &poll {
            Poll::Pending => visit.end(),
            Poll::Ready(output) => {
                visit.finish(|| this.observer.observe(output));
            }
        }
        poll
    }
}

/// One visit to the inner future, with its span current.
///
/// Dropped without an end, it takes it that a panic is unwinding.
struct Visit<'l> {
    guard: Option<ContextGuard>,
    phase: &'l mut Phase,
}

impl<'l> Visit<'l> {
    #[inline]
    fn begin(phase: &'l mut Phase) -> Option<Self> {
        let guard = phase.live()?.attach();
        Some(Visit {
            guard: Some(guard),
            phase,
        })
    }

    /// The future is not done: the span goes on.
    #[inline]
    fn end(mut self) {
        self.guard = None;
    }

    /// The future is done: the span ends.
    fn finish(mut self, observe: impl FnOnce() -> Option<Failure>) {
        let recording = self.phase.live().is_some_and(Live::may_be_recording);
        let failure = if recording { observe() } else { None };
        self.guard = None;
        if let Some(live) = self.phase.take_live() {
            live.finish(failure);
        }
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        if self.guard.take().is_some() {
            if let Some(live) = self.phase.take_live() {
                live.unwind();
            }
        }
    }
}

pin_project! {
    /// The future of [`prepared`].
    #[derive(Debug)]
    #[project = PreparedProjection]
    #[must_use = "futures do nothing unless polled"]
    pub enum Prepared<P, F, O> {
        /// It was not polled yet: `prepare` holds the parameters.
        Waiting { prepare: Option<(P, O)> },
        /// It was: the inner future holds them.
        Running {
            #[pin]
            inner: Traced<F, Called<O>>,
        },
    }
}

impl<P, F, O> Future for Prepared<P, F, O>
where
    P: FnOnce() -> (Started, F),
    F: Future,
    O: FnMut(&F::Output) -> Option<Failure>,
{
    type Output = F::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        if let PreparedProjection::Waiting { prepare } = self.as_mut().project() {
            let (prepare, observe) = prepare.take().expect("polled after a panic");
            let (span, inner) = prepare();
            let inner = future(span, inner, observe);
            self.set(Prepared::Running { inner });
        }
        match self.project() {
            PreparedProjection::Running { inner } => inner.poll(task),
            PreparedProjection::Waiting { .. } => unreachable!("it was prepared above"),
        }
    }
}
