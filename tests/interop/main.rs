//! Is the tree right where annotated functions and spans of `tracing` call each other?
//!
//! There is one provider, and one subscriber with our layer; [`subscribe`] shows how a program
//! installs both.

mod async_;
mod failures;
mod spawned;
mod sync;

use std::future::Future;
use std::pin::Pin;
use std::sync::Once;
use std::task::{Context as TaskContext, Poll, Waker};
use std::thread;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use traced::testing::{Capture, Spans};
use tracing_subscriber::layer::SubscriberExt;

/// Runs `f` and returns the spans of both kinds that ended meanwhile.
fn capture<R>(f: impl FnOnce() -> R) -> (R, Spans) {
    let capture = Capture::new();
    subscribe();
    let attached = capture.context().attach();
    let out = f();
    drop(attached);
    assert!(
        !Context::current().has_active_span(),
        "a span was left on the thread"
    );
    (out, capture.spans())
}

/// Installs the subscriber.
fn subscribe() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let layer = traced::tracing_layer()
            .with_location(false)
            .with_target(false)
            .with_level(false)
            .with_threads(false)
            .with_tracked_inactivity(false);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

/// Runs a future to its end with every poll on a new thread, the worst case of migration.
fn migrate<F>(future: F) -> F::Output
where
    F: Future + Send,
    F::Output: Send,
{
    let mut future = Box::pin(future);
    loop {
        if let Poll::Ready(out) = poll_elsewhere(future.as_mut()) {
            return out;
        }
    }
}

/// Polls once on a new thread, on which no span may be current afterwards.
fn poll_elsewhere<F>(future: Pin<&mut F>) -> Poll<F::Output>
where
    F: Future + Send,
    F::Output: Send,
{
    // The capture is found through the context, and a new thread has no context.
    let around = Context::current();
    let polled = thread::scope(|scope| {
        let thread = scope.spawn(move || {
            let attached = around.attach();
            let polled = future.poll(&mut TaskContext::from_waker(Waker::noop()));
            drop(attached);
            assert!(!Context::current().has_active_span());
            assert!(tracing::Span::current().is_none());
            polled
        });
        thread.join()
    });
    polled.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Is pending once.
async fn pause() {
    let mut is_first = true;
    std::future::poll_fn(move |context| {
        if std::mem::take(&mut is_first) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}
