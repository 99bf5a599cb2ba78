//! The span is the current context for the whole call, and for no longer.

use opentelemetry::trace::SpanId;
use traced::testing::{capture, capture_async};
use traced::traced;
use traced_tests::current_span_id;

#[traced]
fn sync() -> SpanId {
    current_span_id()
}

#[test]
fn a_function_sees_its_own_span() {
    let (seen, spans) = capture(sync);
    assert_eq!(seen, spans.named("sync").id());
}

#[test]
fn after_the_call_the_context_is_what_it_was() {
    let (after, _) = capture(|| {
        sync();
        current_span_id()
    });
    assert_eq!(after, SpanId::INVALID);
}

#[traced]
async fn waits() -> [SpanId; 3] {
    let before = current_span_id();
    tokio::task::yield_now().await;
    let between = current_span_id();
    tokio::task::yield_now().await;
    [before, between, current_span_id()]
}

#[tokio::test]
async fn a_future_sees_its_own_span_on_every_poll() {
    let (seen, spans) = capture_async(waits()).await;
    assert_eq!(seen, [spans.named("waits").id(); 3]);
}

#[traced]
async fn first() -> SpanId {
    tokio::task::yield_now().await;
    current_span_id()
}

#[traced]
async fn second() -> SpanId {
    tokio::task::yield_now().await;
    current_span_id()
}

#[traced]
async fn both() -> (SpanId, SpanId) {
    tokio::join!(first(), second())
}

#[tokio::test]
async fn two_tasks_joined_in_one_parent_each_see_their_own_span_after_an_await() {
    let ((one, two), spans) = capture_async(both()).await;
    assert_eq!(
        (one, two),
        (spans.named("first").id(), spans.named("second").id())
    );
    assert!(spans.named("first").is_child_of(spans.named("both")));
    assert!(spans.named("second").is_child_of(spans.named("both")));
}

struct SeesSpanInDrop<'s>(&'s std::sync::Mutex<SpanId>);

impl Drop for SeesSpanInDrop<'_> {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = current_span_id();
    }
}

#[traced]
fn takes(_argument: SeesSpanInDrop<'_>) {}

#[test]
fn an_argument_is_dropped_in_the_span() {
    let seen = std::sync::Mutex::new(SpanId::INVALID);
    let ((), spans) = capture(|| takes(SeesSpanInDrop(&seen)));
    assert_eq!(*seen.lock().unwrap(), spans.named("takes").id());
}

#[traced]
async fn takes_and_waits(_argument: SeesSpanInDrop<'_>) {
    tokio::task::yield_now().await;
}

#[tokio::test]
async fn an_argument_of_a_future_is_dropped_in_the_span() {
    let seen = std::sync::Mutex::new(SpanId::INVALID);
    let ((), spans) = capture_async(takes_and_waits(SeesSpanInDrop(&seen))).await;
    assert_eq!(*seen.lock().unwrap(), spans.named("takes_and_waits").id());
}

#[traced]
fn begins_at_call() -> impl Future<Output = (SpanId, SpanId)> {
    let at_call = current_span_id();
    async move { (at_call, current_span_id()) }
}

#[tokio::test]
async fn a_function_that_works_before_it_returns_a_future_has_one_span_for_both() {
    let ((at_call, at_poll), spans) = capture_async(async { begins_at_call().await }).await;
    let span = spans.named("begins_at_call");
    assert_eq!((at_call, at_poll), (span.id(), span.id()));
}

#[traced]
fn only_async() -> impl Future<Output = ()> {
    async {}
}

#[tokio::test]
async fn a_future_that_is_never_polled_has_no_span() {
    let (_, spans) = capture(|| drop(only_async()));
    assert!(spans.is_empty(), "{}", spans.tree());
}

#[traced(current)]
fn fails_on_the_current_span() -> Result<(), String> {
    Err("no card".to_owned())
}

#[traced]
fn fails_too() -> Result<(), String> {
    fails_on_the_current_span()
}

#[traced(current)]
fn panics_on_the_current_span() {
    panic!("no till");
}

#[traced]
fn panics_too() {
    panics_on_the_current_span();
}

#[traced]
fn survives_a_panic() {
    let _ = std::panic::catch_unwind(panics_on_the_current_span);
}

#[test]
fn a_panic_is_recorded_on_the_current_span_though_its_function_catches_it() {
    let ((), spans) = capture(survives_a_panic);
    assert_eq!(
        spans.tree(),
        "survives_a_panic error.type=panic error: no till\n"
    );
    assert_eq!(spans.named("survives_a_panic").exceptions().len(), 1);
}

#[test]
fn a_failure_that_passes_the_span_twice_is_recorded_once() {
    let (_, spans) = capture(|| (fails_too(), std::panic::catch_unwind(panics_too)));
    assert_eq!(
        spans.tree(),
        "fails_too error.type=alloc::string::String error: no card\n\
         panics_too error.type=panic error: no till\n"
    );
    for name in ["fails_too", "panics_too"] {
        assert_eq!(spans.named(name).exceptions().len(), 1, "{name}");
    }
}
