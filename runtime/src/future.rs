//! A future in a span: current on every poll and while it is dropped.

use std::cell::Cell;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::ContextGuard;
use pin_project_lite::pin_project;

use crate::draft::Draft;
use crate::failure::Failure;
use crate::outcome::{Called, Observer};
use crate::site::Site;
use crate::span::{Entered, Live, Started};

/// Runs `inner` in `span`; `observer` is asked what the output says of it.
#[inline]
pub fn future<S, F, O>(span: S, inner: F, observer: O) -> Traced<S, F, O>
where
    S: Source,
    F: Future,
    O: Observer<F::Output>,
{
    Traced::new(inner, span, observer)
}

/// [`future`] with a closure to ask: only a function that names an `FnMut` lets it leave out
/// what it is called with.
#[inline]
pub fn future_with<S, F, O>(span: S, inner: F, observe: O) -> Traced<S, F, Called<O>>
where
    S: Source,
    F: Future,
    O: FnMut(&F::Output) -> Option<Failure>,
{
    future(span, inner, Called(observe))
}

/// Hands `span` to the future around this one: the result, awaited, goes back there
/// once, and when it is polled again the span is current.
#[inline]
pub fn hand_over(span: Started) -> HandOver {
    match span.live {
        None => HandOver {
            is_on_its_way: false,
        },
        Some(live) => HandOver {
            is_on_its_way: put(live),
        },
    }
}

/// The future of [`hand_over`]; ready at once where there is no span.
#[derive(Debug)]
#[must_use = "it hands over when it is awaited"]
pub struct HandOver {
    is_on_its_way: bool,
}

impl Future for HandOver {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<()> {
        match mem::take(&mut self.is_on_its_way) {
            // No wake-up is asked for: who reads it polls again at once.
            true => Poll::Pending,
            false => Poll::Ready(()),
        }
    }
}

thread_local! {
    /// A span between the block that started it and the future around. Nothing of the
    /// user's runs while one is here, and nobody leaves one behind; without a
    /// destructor it is there until the very end of the thread.
    static ON_ITS_WAY: Cell<Option<ManuallyDrop<Live>>> = const { Cell::new(None) };
}

#[inline(never)]
fn put(live: Live) -> bool {
    ON_ITS_WAY.set(Some(ManuallyDrop::new(live)));
    true
}

/// Builds a future inside `span`, which goes on in the future: for a function
/// that does some of its work when it is called and the rest when it is polled.
#[inline]
pub fn built<F, B: FnOnce() -> F>(span: Entered, build: B) -> (Started, F) {
    let inner = build();
    (span.suspend(), inner)
}

/// Runs `inner` in `span`.
#[inline]
pub fn resumed<F: Future, O: Observer<F::Output>>(
    span: Started,
    inner: F,
    observer: O,
) -> Traced<Started, F, O> {
    Traced::new(inner, span, observer)
}

/// Runs `inner` in a span that starts at the first poll, as an `async fn` does; or that has
/// started, if something was to be said of it at once.
#[inline]
pub fn deferred<S, F, O>(span: S, inner: F, observer: O) -> Traced<S, F, O>
where
    S: Source,
    F: Future,
    O: Observer<F::Output>,
{
    Traced::new(inner, span, observer)
}

/// A span that has not started; what its arguments say was evaluated already.
#[derive(Debug)]
pub struct Deferred {
    /// `None` where it is known that there will be none.
    pub(crate) site: Option<&'static Site>,
    /// In a box, as most have none and every future would carry the space.
    pub(crate) draft: Option<Box<Draft>>,
}

/// No span yet: the inner future hands it over at its first poll ([`hand_over`]), for spans
/// that say something of the parameters.
///
/// A borrow of a parameter in the `async fn` itself would keep the parameter's
/// place in the future for good, beside the one it was moved to; so it is the
/// block with the body, which has the parameters, that starts the span.
#[derive(Debug)]
pub struct Expected;

/// What a future has its span from.
pub trait Source: Into<Phase> {
    /// Whether the inner future starts it. Known by type, as the code that takes it over is
    /// in every future that may have to.
    const IS_INSIDE: bool = false;
}

impl Source for Started {}

impl Source for Deferred {}

impl Source for Expected {
    const IS_INSIDE: bool = true;
}

/// Where the span of a future is in its life.
#[derive(Debug)]
pub struct Phase(Inner);

#[derive(Debug)]
enum Inner {
    /// Nothing to do (any more): no provider, or the span has ended.
    Without,
    /// The inner future starts the span, and hands it over.
    Expected,
    Deferred(Deferred),
    Live(Live),
}

impl From<Started> for Phase {
    #[inline]
    fn from(span: Started) -> Self {
        // Each case for itself: where there is nothing, nothing is copied.
        match span.live {
            None => Phase(Inner::Without),
            Some(live) => Phase(Inner::Live(live)),
        }
    }
}

impl From<Deferred> for Phase {
    #[inline]
    fn from(span: Deferred) -> Self {
        Phase(Inner::Deferred(span))
    }
}

impl From<Expected> for Phase {
    #[inline]
    fn from(_: Expected) -> Self {
        Phase(Inner::Expected)
    }
}

impl Phase {
    /// Whether the inner future is polled without a span: there will be none, or it is there
    /// that it starts.
    #[inline]
    fn is_without(&mut self) -> bool {
        match &self.0 {
            Inner::Without | Inner::Expected => true,
            Inner::Deferred(Deferred {
                site: Some(site),
                draft: None,
            }) if site.is_absent() => {
                self.0 = Inner::Without;
                true
            }
            _ => false,
        }
    }

    /// Whether there is a span; it starts now if it was deferred.
    #[inline]
    fn is_live(&mut self) -> bool {
        match &self.0 {
            Inner::Live(_) => true,
            Inner::Without | Inner::Expected => false,
            Inner::Deferred(_) => self.begin(),
        }
    }

    fn begin(&mut self) -> bool {
        let Inner::Deferred(span) = &mut self.0 else {
            return false;
        };
        let (site, draft) = (span.site, span.draft.take());
        // In this order, as most have no draft, and then there is nothing to drop.
        self.0 = Inner::Without;
        Deferred { site, draft }.start(|live| self.0 = Inner::Live(live));
        self.live().is_some()
    }

    /// The inner future was polled without a span, and wants to be polled again: whether
    /// that is because it handed one over.
    #[inline]
    fn receives(&mut self) -> bool {
        matches!(self.0, Inner::Expected) && self.take_over()
    }

    #[inline(never)]
    fn take_over(&mut self) -> bool {
        let live = ON_ITS_WAY.take().map(ManuallyDrop::into_inner);
        self.0 = live.map_or(Inner::Without, Inner::Live);
        self.live().is_some()
    }

    #[inline]
    fn attach(&self) -> ContextGuard {
        match &self.0 {
            Inner::Live(live) => live.attach(),
            _ => unreachable!("it is asked whether it is live"),
        }
    }

    // Here and not in the futures is what need not know their types: every annotated
    // function has a future of its own.

    /// Polls the inner future, in the span if there is one.
    #[inline(never)]
    fn poll(&mut self, inner: &mut dyn Step) {
        if !self.is_live() {
            inner.poll();
            return;
        }
        let visit = Visit(self);
        // Not an `Option` of a guard, as that is slow to arrive: it is written in two
        // pieces and read in one.
        let guard = visit.0.attach();
        if !inner.poll() {
            drop(guard);
            visit.end();
            return;
        }
        let may_be_recording = visit.0.live().is_some_and(Live::may_be_recording);
        let failure = may_be_recording.then(|| inner.observe()).flatten();
        drop(guard);
        visit.end();
        let last = Last(self);
        if let Some(live) = last.0.live() {
            live.finish(may_be_recording, failure);
        }
    }

    /// The future is dropped, and if it was not ready yet so is the inner one, in the span.
    #[inline]
    pub(crate) fn leave(&mut self, drop_inner: &mut dyn FnMut()) {
        if !matches!(self.0, Inner::Without | Inner::Expected) {
            self.cancel(drop_inner);
        }
    }

    #[inline(never)]
    fn cancel(&mut self, drop_inner: &mut dyn FnMut()) {
        // Here, it is dropped even if `drop_inner` panics. One that never started is not
        // worth starting now.
        let mut phase = Phase(mem::replace(&mut self.0, Inner::Without));
        let visit = Visit(&mut phase);
        let guard = visit.0.live().map(Live::attach);
        drop_inner();
        drop(guard);
        visit.end();
        if let Some(live) = phase.take_live() {
            live.cancel();
        }
    }

    /// The end of a stream, which says nothing of its span.
    #[cfg(feature = "stream")]
    pub(crate) fn succeed(&mut self) {
        if let Some(live) = self.take_live() {
            live.end();
        }
    }

    #[inline]
    pub(crate) fn live(&self) -> Option<&Live> {
        match &self.0 {
            Inner::Live(live) => Some(live),
            _ => None,
        }
    }

    pub(crate) fn take_live(&mut self) -> Option<Live> {
        match mem::replace(&mut self.0, Inner::Without) {
            Inner::Live(live) => Some(live),
            _ => None,
        }
    }
}

pin_project! {
    /// The future of [`future`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Traced<S, F, O> {
        // `None` once it was dropped, which happens with the span current.
        #[pin]
        inner: Option<F>,
        // Left without anything to drop by the drop of this, once and not in every function.
        phase: ManuallyDrop<Phase>,
        observer: O,
        source: PhantomData<fn(S)>,
    }

    impl<S, F, O> PinnedDrop for Traced<S, F, O> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.phase.leave(&mut || this.inner.set(None));
        }
    }
}

/// What of a poll knows the types of the future.
trait Step {
    /// Polls it, and says whether it is ready.
    fn poll(&mut self) -> bool;

    /// What the output says of the span.
    fn observe(&mut self) -> Option<Failure>;
}

struct Polling<'p, 't, F: Future, O> {
    inner: Pin<&'p mut Option<F>>,
    task: &'p mut TaskContext<'t>,
    observer: &'p mut O,
    poll: Poll<F::Output>,
}

impl<F: Future, O: Observer<F::Output>> Step for Polling<'_, '_, F, O> {
    fn poll(&mut self) -> bool {
        self.poll = poll_inner(self.inner.as_mut(), self.task);
        self.poll.is_ready()
    }

    fn observe(&mut self) -> Option<Failure> {
        match &self.poll {
            Poll::Ready(output) => self.observer.observe(output),
            Poll::Pending => None,
        }
    }
}

impl<S: Source, F, O> Traced<S, F, O> {
    #[inline]
    fn new(inner: F, span: S, observer: O) -> Self {
        Traced {
            inner: Some(inner),
            phase: ManuallyDrop::new(span.into()),
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
        // All that a poll without a provider pays for.
        if this.phase.is_without() {
            let poll = poll_inner(this.inner.as_mut(), task);
            if !S::IS_INSIDE || poll.is_ready() || !this.phase.receives() {
                return poll;
            }
        }
        let mut polling = Polling {
            inner: this.inner,
            task,
            observer: this.observer,
            poll: Poll::Pending,
        };
        this.phase.poll(&mut polling);
        polling.poll
    }
}

/// With a span or without, the body of the function is in here, once.
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

/// While the inner future runs: dropped, it takes it that a panic is unwinding.
///
/// Declare it before the guard of the context, which is then detached first.
pub(crate) struct Visit<'l>(pub(crate) &'l mut Phase);

impl Visit<'_> {
    /// The inner future came back.
    #[inline]
    pub(crate) fn end(self) {
        mem::forget(self);
    }
}

impl Drop for Visit<'_> {
    #[cold]
    fn drop(&mut self) {
        if let Some(live) = self.0.take_live() {
            live.unwind();
        }
    }
}

/// While a span ends: there is none afterwards, even if a processor panics.
struct Last<'l>(&'l mut Phase);

impl Drop for Last<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.0 = Inner::Without;
    }
}
