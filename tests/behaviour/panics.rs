//! A panic: one event on the innermost span, an error status on all spans that unwind.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use opentelemetry::Value;
use opentelemetry::trace::Status;
use traced::propagation::CarrierMut;
use traced::testing::{Capture, Span, capture, capture_async};
use traced::traced;

fn event_value(span: &Span, key: &str) -> Option<Value> {
    let exceptions = span.exceptions();
    let [event] = exceptions[..] else {
        panic!("expected one exception, found {}", exceptions.len());
    };
    let found = event
        .attributes
        .iter()
        .find(|attribute| attribute.key.as_str() == key);
    found.map(|attribute| attribute.value.clone())
}

const LINE_OF_PANIC: u32 = line!() + 5;

#[traced]
fn inner() {
    let item = std::hint::black_box("tea");
    panic!("no stock for {item}");
}

#[traced]
fn outer() {
    inner();
}

#[test]
fn only_the_innermost_span_has_the_event() {
    let (result, spans) = capture(|| catch_unwind(outer));
    assert!(result.is_err());
    assert_eq!(spans.named("inner").exceptions().len(), 1);
    assert!(spans.named("outer").events().is_empty());
}

#[test]
fn every_span_that_is_unwound_fails() {
    let (_, spans) = capture(|| catch_unwind(outer));
    for name in ["inner", "outer"] {
        assert_eq!(
            *spans.named(name).status(),
            Status::error("no stock for tea")
        );
        assert_eq!(
            spans.named(name).attribute("error.type"),
            Some("panic".into())
        );
    }
}

#[test]
fn the_event_has_message_and_place() {
    let (_, spans) = capture(|| catch_unwind(inner));
    let span = spans.named("inner");
    assert_eq!(
        event_value(span, "exception.message"),
        Some("no stock for tea".into())
    );
    assert_eq!(event_value(span, "code.file.path"), Some(file!().into()));
    assert_eq!(
        event_value(span, "code.line.number"),
        Some(i64::from(LINE_OF_PANIC).into())
    );
}

#[test]
fn the_panic_goes_on_with_its_payload() {
    let (result, _) = capture(|| catch_unwind(outer));
    let payload = result.unwrap_err();
    assert_eq!(
        payload.downcast_ref::<String>().unwrap(),
        "no stock for tea"
    );
}

#[traced]
async fn inner_async() {
    tokio::task::yield_now().await;
    inner();
}

#[traced]
async fn outer_async() {
    inner_async().await;
}

#[tokio::test]
async fn a_panic_in_a_future_is_recorded_on_the_poll_that_it_ends() {
    let capture = Capture::new();
    let task = capture.context();
    let joined = tokio::spawn(async move {
        use opentelemetry::trace::FutureExt;
        outer_async().with_context(task).await;
    });
    assert!(joined.await.unwrap_err().is_panic());
    let spans = capture.spans();
    assert_eq!(spans.named("inner").exceptions().len(), 1);
    for name in ["inner_async", "outer_async"] {
        assert!(spans.named(name).events().is_empty());
        assert_eq!(
            *spans.named(name).status(),
            Status::error("no stock for tea")
        );
        assert_eq!(spans.named(name).attribute("traced.cancelled"), None);
    }
}

#[traced]
fn catches() -> &'static str {
    let _ = catch_unwind(inner);
    "caught"
}

#[test]
fn a_panic_that_is_caught_fails_no_span_further_up() {
    let (_, spans) = capture(catches);
    assert_eq!(*spans.named("catches").status(), Status::Unset);
}

#[traced]
fn panics_otherwise() {
    panic!("something else");
}

#[traced]
fn catches_and_panics() {
    let _ = catch_unwind(inner);
    panics_otherwise();
}

#[test]
fn a_second_panic_is_not_taken_for_the_first() {
    let (_, spans) = capture(|| catch_unwind(catches_and_panics));
    assert_eq!(
        event_value(spans.named("panics_otherwise"), "exception.message"),
        Some("something else".into())
    );
    assert_eq!(
        *spans.named("catches_and_panics").status(),
        Status::error("something else")
    );
}

#[traced]
fn resumes_on_this_thread() {
    let worker = std::thread::spawn(inner);
    if let Err(payload) = worker.join() {
        resume_unwind(payload);
    }
}

#[test]
fn a_panic_carried_over_from_another_thread_stays_recorded_once() {
    let (_, spans) = capture(|| catch_unwind(resumes_on_this_thread));
    assert_eq!(spans.named("inner").exceptions().len(), 1);
    let parent = spans.named("resumes_on_this_thread");
    assert!(parent.events().is_empty());
    assert_eq!(*parent.status(), Status::error("no stock for tea"));
}

struct TracesInDrop;

impl Drop for TracesInDrop {
    fn drop(&mut self) {
        cleans_up();
    }
}

#[traced]
fn cleans_up() {}

#[traced]
fn panics_over_a_guard() {
    let _guard = TracesInDrop;
    panic!("over it");
}

#[test]
fn a_span_that_starts_and_ends_while_unwinding_does_not_fail() {
    let (_, spans) = capture(|| catch_unwind(panics_over_a_guard));
    assert_eq!(*spans.named("cleans_up").status(), Status::Unset);
    assert_eq!(
        *spans.named("panics_over_a_guard").status(),
        Status::error("over it")
    );
}

#[traced]
fn opaque() -> impl Iterator<Item = u8> {
    if true {
        panic!("in an opaque one");
    }
    std::iter::empty()
}

#[test]
fn a_function_that_returns_an_opaque_type_records_its_panic() {
    let (_, spans) = capture(|| catch_unwind(AssertUnwindSafe(|| opaque().count())));
    assert_eq!(spans.named("opaque").exceptions().len(), 1);
}

fn unwritable() -> u8 {
    panic!("cannot be counted")
}

/// A carrier that cannot be written.
struct Sealed;

impl CarrierMut for Sealed {
    fn set(&mut self, key: &str, _: String) {
        panic!("{key} is sealed");
    }

    fn remove(&mut self, _: &str) {}
}

#[traced(lazy(size = unwritable()))]
fn counts() {}

#[traced(lazy(size = unwritable()))]
async fn counts_later() {}

#[traced(kind = "producer", inject = &mut Sealed)]
fn seals() {}

fn assert_panicked(span: &Span, message: &str) {
    assert_eq!(
        event_value(span, "exception.message"),
        Some(message.to_owned().into())
    );
    assert_eq!(span.attribute("error.type"), Some("panic".into()));
    assert_eq!(*span.status(), Status::error(message.to_owned()));
}

#[test]
fn a_panic_in_a_lazy_attribute_is_recorded() {
    let (_, spans) = capture(|| catch_unwind(counts));
    assert_panicked(spans.named("counts"), "cannot be counted");
}

#[tokio::test]
async fn a_panic_in_a_lazy_attribute_of_a_future_is_recorded() {
    let (joined, spans) = capture_async(async {
        let task = traced::carry(counts_later());
        tokio::spawn(task).await
    })
    .await;
    assert!(joined.unwrap_err().is_panic());
    assert_panicked(spans.named("counts_later"), "cannot be counted");
}

fn unreachable_headers() -> &'static mut Headers {
    panic!("there are no headers")
}

type Headers = std::collections::HashMap<String, String>;

#[traced(kind = "producer", inject = unreachable_headers())]
fn sends() {}

#[traced(kind = "producer", inject = unreachable_headers())]
async fn sends_later() {}

#[test]
fn a_panic_in_the_expression_of_inject_is_recorded() {
    let (_, spans) = capture(|| catch_unwind(sends));
    assert_panicked(spans.named("sends"), "there are no headers");
}

#[tokio::test]
async fn a_panic_in_the_expression_of_inject_of_a_future_is_recorded() {
    let (joined, spans) =
        capture_async(async { tokio::spawn(traced::carry(sends_later())).await }).await;
    assert!(joined.unwrap_err().is_panic());
    assert_panicked(spans.named("sends_later"), "there are no headers");
}

#[test]
fn a_panic_of_a_carrier_is_recorded() {
    traced::propagation::use_w3c();
    let (_, spans) = capture(|| catch_unwind(seals));
    assert_panicked(spans.named("seals"), "traceparent is sealed");
}

#[tokio::test]
async fn a_future_dropped_by_a_panic_elsewhere_is_cancelled() {
    #[traced]
    async fn pending() {
        std::future::pending::<()>().await;
    }

    let (_, spans) = capture_async(async {
        let mut pending = Box::pin(pending());
        let _ = futures_poll(pending.as_mut());
        catch_unwind(AssertUnwindSafe(move || {
            let _pending = pending;
            panic!("elsewhere");
        }))
    })
    .await;
    assert_eq!(
        spans.named("pending").attribute("traced.cancelled"),
        Some(true.into())
    );
}

fn futures_poll<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[traced]
fn resumes() {
    resume_unwind(Box::new("a foreign one"));
}

#[traced]
fn around_resumes() {
    resumes();
}

#[traced]
fn far_around_resumes() {
    around_resumes();
}

#[test]
fn a_panic_that_no_hook_hears_of_is_recorded_once() {
    let (result, spans) = capture(|| catch_unwind(far_around_resumes));
    assert!(result.is_err());
    assert_eq!(spans.named("resumes").exceptions().len(), 1);
    for around in ["around_resumes", "far_around_resumes"] {
        assert!(spans.named(around).events().is_empty());
        assert_eq!(
            spans.named(around).status(),
            spans.named("resumes").status()
        );
    }
}

/// In one trace, so that the recent panics of other tests stay known.
#[traced]
fn resumes_often() {
    for _ in 0..100_000 {
        let _ = catch_unwind(resumes);
    }
}

#[test]
fn panics_that_no_hook_hears_of_pile_up_no_hooks() {
    let (result, _) = capture(|| {
        resumes_often();
        // If each panic added a panic hook, this many would overflow the stack.
        catch_unwind(inner)
    });
    assert!(result.is_err());
}
