//! User code that `traced` calls may start spans and attach contexts.

use std::fmt;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use traced::testing::{capture, capture_async};
use traced::traced;

/// A value whose `Display` and `Debug` do everything that is forbidden while a context is borrowed
/// or a span is locked.
#[derive(Clone, Copy)]
struct Busy;

#[traced]
fn helper() {}

fn be_busy() {
    helper();
    let context = Context::current();
    context.span().set_attribute(KeyValue::new("busy", true));
    let _attached = context.with_remote_span_context(SpanContext::NONE).attach();
    let _other = Context::new().attach();
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        be_busy();
        f.write_str("busy")
    }
}

impl fmt::Debug for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Busy {}

impl Drop for BusyDrop {
    fn drop(&mut self) {
        be_busy();
    }
}

struct BusyDrop;

#[traced(attributes(display = %busy, debug = ?busy), lazy(late = %busy))]
fn sync(busy: Busy, _dropped: BusyDrop) -> Result<(), Busy> {
    Err(busy)
}

#[traced(attributes(display = %busy, debug = ?busy), lazy(late = %busy))]
async fn asynchronous(busy: Busy, _dropped: BusyDrop) -> Result<(), Busy> {
    let _local = BusyDrop;
    tokio::task::yield_now().await;
    Err(busy)
}

#[tokio::test]
async fn formatting_and_dropping_neither_panic_nor_deadlock() {
    let (result, spans) = capture(|| sync(Busy, BusyDrop));
    assert!(result.is_err());
    assert_eq!(spans.named("sync").exceptions().len(), 1);
    let (result, spans) = capture_async(asynchronous(Busy, BusyDrop)).await;
    assert!(result.is_err());
    assert_eq!(spans.named("asynchronous").exceptions().len(), 1);
}

#[test]
fn dropping_a_pending_future_neither_panics_nor_deadlocks() {
    let ((), spans) = capture(|| {
        let mut future = Box::pin(asynchronous(Busy, BusyDrop));
        let mut task = std::task::Context::from_waker(std::task::Waker::noop());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let _entered = runtime.enter();
        assert!(future.as_mut().poll(&mut task).is_pending());
    });
    assert_eq!(
        spans.named("asynchronous").attribute("traced.cancelled"),
        Some(true.into())
    );
}

#[test]
fn a_function_called_while_its_thread_goes_down_runs() {
    struct Last;

    impl Drop for Last {
        fn drop(&mut self) {
            helper();
        }
    }

    thread_local! {
        static LAST: Last = const { Last };
    }

    let alive = std::thread::spawn(|| {
        LAST.with(|_| ());
        helper();
    });
    assert!(alive.join().is_ok());
    let alive = std::thread::spawn(|| {
        helper();
        LAST.with(|_| ());
    });
    assert!(alive.join().is_ok());
}
