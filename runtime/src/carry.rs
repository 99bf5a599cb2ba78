//! Carrying a context into work that runs elsewhere.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::{Context, ContextGuard};
use pin_project_lite::pin_project;

/// Carries the current context into a future, or with the feature `stream` into a
/// stream, that is polled elsewhere.
///
/// The context is captured now; it is current on every poll of the result and
/// while the inner future is dropped, and nowhere else.
///
/// `#[traced]` and `#[traced_spawn]` write this at the spawn sites they see;
/// call it where they cannot: at a spawner behind a name of your own.
///
/// ```
/// # fn my_executor(_: impl std::future::Future<Output = ()> + Send + 'static) {}
/// my_executor(traced::carry(async { /* the span that called is the parent here */ }));
/// ```
pub fn carry<F>(inner: F) -> Carried<F> {
    Carried {
        inner: Some(inner),
        context: Context::current(),
    }
}

/// Carries the current context into a closure that runs elsewhere.
///
/// The context is captured now, and is current while the closure runs.
///
/// ```
/// # fn my_pool(job: impl FnOnce() + Send + 'static) { job() }
/// my_pool(traced::carry_fn(|| { /* the span that called is the parent here */ }));
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

/// The context of the place where work is handed over.
#[derive(Clone, Debug)]
pub struct Captured {
    context: Context,
}

impl Captured {
    /// Captures the current context.
    pub fn now() -> Self {
        Captured {
            context: Context::current(),
        }
    }

    /// Makes the context current on this thread until the guard is dropped.
    ///
    /// It takes `self` so that a closure that calls it owns its context,
    /// whether the user wrote `move` or not.
    pub fn attach(self) -> ContextGuard {
        self.context.attach()
    }

    /// Makes the context current for one run of a closure that runs many times,
    /// perhaps on many threads at once.
    pub fn attach_again(&self) -> ContextGuard {
        self.context.clone().attach()
    }
}

pin_project! {
    /// A future or a stream that runs in the context of the place where
    /// [`carry`] was called.
    #[derive(Debug)]
    #[must_use = "futures and streams do nothing unless polled"]
    pub struct Carried<F> {
        // `None` once it was dropped, which happens with the context current.
        #[pin]
        inner: Option<F>,
        context: Context,
    }

    impl<F> PinnedDrop for Carried<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _attached = this.context.clone().attach();
            this.inner.set(None);
        }
    }
}

#[cfg(feature = "stream")]
impl<S: futures_core::Stream> futures_core::Stream for Carried<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            unreachable!("the inner stream is dropped only with this one");
        };
        let _attached = this.context.clone().attach();
        inner.poll_next(task)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.as_ref().map_or((0, None), S::size_hint)
    }
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            unreachable!("the inner future is dropped only with this one");
        };
        let _attached = this.context.clone().attach();
        inner.poll(task)
    }
}
