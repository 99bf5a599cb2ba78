//! Carries a context into work that runs elsewhere.

use std::cell::RefCell;
use std::future::Future;
use std::iter::FusedIterator;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::{Context, ContextGuard};
use pin_project_lite::pin_project;

use crate::current_context::{self, ContextStack};

/// Carries the current context into a future, an iterator, or with the feature `stream` a stream, that is polled
/// elsewhere.
///
/// The context is captured now. It is current during every poll of the result (or call of the iterator's
/// `next`) and while the inner future is dropped, and at no other time.
///
/// `#[traced]` and `#[traced_spawn]` add this call at the spawn sites that they recognise; add it yourself at
/// other spawners.
///
/// Specification: OpenTelemetry, *Context*, "Attach Context".
///
/// ```
/// use traced::testing::capture_async;
/// use traced::traced;
///
/// #[traced]
/// async fn work() {}
///
/// #[traced(spawn = false)]
/// async fn caller() {
///     tokio::spawn(traced::carry(work())).await.unwrap();
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let ((), spans) = capture_async(caller()).await;
/// assert_eq!(spans.tree(), "caller\n  work\n");
/// # });
/// ```
pub fn carry<F>(inner: F) -> Carried<F> {
    Carried {
        arrival: AttachOnDrop(current_context::current()),
        inner,
        departure: DetachOnDrop,
    }
}

/// Carries the current context into a future.
///
/// Generated code calls it where a spawner takes only futures. For any other value, rustc then reports one error, at
/// the value, instead of one about [`Carried`] at the call of the spawner.
pub fn carry_future<F: Future>(inner: F) -> Carried<F> {
    carry(inner)
}

/// Carries the current context into a closure that runs elsewhere.
///
/// The context is captured now, and is current while the closure runs. The result runs once and takes no
/// argument, as a task does; [`carry_fn_with`] is for a closure that takes one. For a closure that runs more than
/// once, attach the context each time:
///
/// ```
/// use traced::opentelemetry::Context;
///
/// fn in_context<A, R>(work: impl Fn(A) -> R) -> impl Fn(A) -> R {
///     let context = Context::current();
///     move |argument| {
///         let _attached = context.clone().attach();
///         work(argument)
///     }
/// }
/// # assert_eq!(in_context(|n: u8| n + 1)(1), 2);
/// ```
///
/// Specification: OpenTelemetry, *Context*, "Attach Context".
///
/// ```
/// use traced::testing::capture;
/// use traced::traced;
///
/// #[traced]
/// fn work() {}
///
/// #[traced(spawn = false)]
/// fn caller() {
///     std::thread::spawn(traced::carry_fn(work)).join().unwrap();
/// }
///
/// let ((), spans) = capture(caller);
/// assert_eq!(spans.tree(), "caller\n  work\n");
/// ```
pub fn carry_fn<F, R>(inner: F) -> impl FnOnce() -> R + use<F, R>
where
    F: FnOnce() -> R,
{
    let captured = Captured::now();
    move || {
        let _attached = captured.attach();
        inner()
    }
}

/// Carries the current context into a closure with a parameter that runs elsewhere, such as a handler.
///
/// As with [`carry_fn`], the context is captured now, and the result runs once. Several parameters are passed as a
/// tuple. A future that the closure returns is polled after the closure has returned, so it needs a
/// [`carry`](carry()) of its own:
///
/// ```
/// use traced::testing::capture_async;
/// use traced::traced;
///
/// #[traced]
/// async fn greet(_name: &str) {}
///
/// /// Calls its handler whenever it likes.
/// async fn on_connect<F: Future<Output = ()>>(handler: impl FnOnce(&'static str) -> F) {
///     handler("ada").await;
/// }
///
/// #[traced(spawn = false)]
/// async fn caller() {
///     let handler = traced::carry_fn_with(|name| traced::carry(greet(name)));
///     tokio::spawn(on_connect(handler)).await.unwrap();
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let ((), spans) = capture_async(caller()).await;
/// assert_eq!(spans.tree(), "caller\n  greet\n");
/// # });
/// ```
///
/// Specification: OpenTelemetry, *Context*, "Attach Context".
pub fn carry_fn_with<F, A, R>(inner: F) -> impl FnOnce(A) -> R + use<F, A, R>
where
    F: FnOnce(A) -> R,
{
    let captured = Captured::now();
    move |argument| {
        let _attached = captured.attach();
        inner(argument)
    }
}

/// The context of the place where a task is spawned.
#[derive(Clone, Debug)]
pub struct Captured {
    context: Context,
}

// A context is immutable, so a panic cannot leave it half changed.
impl UnwindSafe for Captured {}
impl RefUnwindSafe for Captured {}

impl Captured {
    /// Captures the current context.
    pub fn now() -> Self {
        Captured {
            context: current_context::current(),
        }
    }

    /// Makes the context current on this thread until the guard is dropped, unless the thread is
    /// ending and has no current context any more.
    ///
    /// It takes `self`, so that a closure that calls it owns the context, with or without `move`.
    pub fn attach(self) -> Option<ContextGuard> {
        current_context::attach(self.context)
    }

    /// Makes the context current for one run of a closure that runs many times, possibly on several threads at
    /// once.
    pub fn attach_again(&self) -> Option<ContextGuard> {
        current_context::attach(self.context.clone())
    }
}

pin_project! {
    /// A future or a stream that runs in the context of the place where
    /// [`carry`] was called.
    ///
    /// ```
    /// use std::future::Ready;
    /// use traced::Carried;
    ///
    /// struct Job { unit: Carried<Ready<u8>> }
    ///
    /// let job = Job { unit: traced::carry(std::future::ready(7)) };
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// assert_eq!(job.unit.await, 7);
    /// # });
    /// ```
    #[derive(Debug)]
    #[must_use = "futures and streams do nothing unless polled"]
    pub struct Carried<F> {
        // Fields are dropped in this order, so that the inner future is dropped between attaching and
        // detaching. A `Drop` implementation of this type would extend the borrows of the future to the
        // end of the scope.
        arrival: AttachOnDrop,
        #[pin]
        inner: F,
        departure: DetachOnDrop,
    }
}

#[cfg(feature = "stream")]
impl<S: futures_core::Stream> futures_core::Stream for Carried<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let _attached = current_context::attach(this.arrival.0.clone());
        this.inner.poll_next(task)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

/// Each item is made in the carried context, and the caller's loop handles it in the caller's context.
///
/// ```
/// use traced::testing::capture;
/// use traced::traced;
///
/// #[traced(attributes(id))]
/// fn row(id: u8) -> u8 {
///     id
/// }
///
/// #[traced]
/// fn rows() -> impl Iterator<Item = u8> {
///     traced::carry((1..=2).map(row))
/// }
///
/// let (sum, spans) = capture(|| rows().sum::<u8>());
/// assert_eq!(sum, 3);
/// assert_eq!(spans.tree(), "rows\n  row id=1\n  row id=2\n");
/// ```
impl<I: Iterator> Iterator for Carried<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        let _attached = current_context::attach(self.arrival.0.clone());
        self.inner.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<I: DoubleEndedIterator> DoubleEndedIterator for Carried<I> {
    fn next_back(&mut self) -> Option<I::Item> {
        let _attached = current_context::attach(self.arrival.0.clone());
        self.inner.next_back()
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for Carried<I> {}

impl<I: FusedIterator> FusedIterator for Carried<I> {}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _attached = current_context::attach(this.arrival.0.clone());
        this.inner.poll(task)
    }
}

#[cfg(feature = "stream")]
impl<F: futures_core::FusedFuture> futures_core::FusedFuture for Carried<F> {
    fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }
}

#[cfg(feature = "stream")]
impl<S: futures_core::FusedStream> futures_core::FusedStream for Carried<S> {
    fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }
}

/// Attaches its context when it is dropped; [`DetachOnDrop`] detaches it.
#[derive(Debug)]
struct AttachOnDrop(Context);

// A context is immutable, so carrying it does not change whether a future is unwind safe.
impl UnwindSafe for AttachOnDrop {}
impl RefUnwindSafe for AttachOnDrop {}

/// Detaches the context that [`AttachOnDrop`] attached.
#[derive(Debug)]
struct DetachOnDrop;

thread_local! {
    /// The guards of the futures that are being dropped, the innermost last.
    static DROPPING: RefCell<Vec<ContextGuard>> = const { RefCell::new(Vec::new()) };
}

impl Drop for AttachOnDrop {
    fn drop(&mut self) {
        let context = std::mem::take(&mut self.0);
        let Some(stack) = ContextStack::of_this_thread() else {
            current_context::leak(context);
            return;
        };
        let _ = DROPPING.try_with(|dropping| {
            let attached = stack.attach(context);
            dropping.borrow_mut().push(attached);
        });
    }
}

impl Drop for DetachOnDrop {
    fn drop(&mut self) {
        if ContextStack::of_this_thread().is_none() {
            return;
        }
        let attached = DROPPING.try_with(|dropping| dropping.borrow_mut().pop());
        drop(attached);
    }
}
