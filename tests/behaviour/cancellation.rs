//! A future that is dropped before it finished.

use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Waker};

use opentelemetry::trace::{SpanId, Status};
use traced::testing::capture;
use traced::traced;
use traced_tests::current_span_id;

struct SeesSpan<'s>(&'s Mutex<SpanId>);

impl Drop for SeesSpan<'_> {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = current_span_id();
    }
}

#[traced]
async fn never_ready(seen: &Mutex<SpanId>) {
    let _local = SeesSpan(seen);
    std::future::pending::<()>().await;
}

fn poll_once(future: Pin<&mut impl Future>) {
    assert!(
        future
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
}

#[test]
fn it_ends_unset_and_marked() {
    let seen = Mutex::new(SpanId::INVALID);
    let ((), spans) = capture(|| poll_once(Box::pin(never_ready(&seen)).as_mut()));
    let span = spans.named("never_ready");
    assert_eq!(*span.status(), Status::Unset);
    assert_eq!(span.attribute("traced.cancelled"), Some(true.into()));
}

#[test]
fn its_locals_are_dropped_in_the_span() {
    let seen = Mutex::new(SpanId::INVALID);
    let ((), spans) = capture(|| poll_once(Box::pin(never_ready(&seen)).as_mut()));
    assert_eq!(*seen.lock().unwrap(), spans.named("never_ready").id());
}

#[test]
fn one_that_was_never_polled_has_no_span() {
    let seen = Mutex::new(SpanId::INVALID);
    let ((), spans) = capture(|| drop(never_ready(&seen)));
    assert!(spans.is_empty());
}

#[traced]
async fn ready() {}

#[tokio::test]
async fn one_that_finished_is_not_marked() {
    let ((), spans) = traced::testing::capture_async(ready()).await;
    assert_eq!(spans.named("ready").attribute("traced.cancelled"), None);
}

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("while it was dropped");
    }
}

#[traced]
async fn panics_when_dropped() {
    let _local = PanicsInDrop;
    std::future::pending::<()>().await;
}

#[test]
fn a_panic_in_the_drop_of_a_pending_future_fails_its_span() {
    let (result, spans) = capture(|| {
        std::panic::catch_unwind(|| poll_once(Box::pin(panics_when_dropped()).as_mut()))
    });
    assert!(result.is_err());
    let span = spans.named("panics_when_dropped");
    assert_eq!(*span.status(), Status::error("while it was dropped"));
}
