//! A processor that panics when a span ends: the panic passes to the caller of the function.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use traced::traced;

use super::alone;

/// A processor that keeps ended spans, and panics over a span called `fragile`.
#[derive(Debug, Clone, Default)]
struct Panicking(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Panicking {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let is_fragile = span.name == "fragile";
        self.0.lock().unwrap().push(span);
        assert!(!is_fragile, "the processor gives up");
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// A span's name, its `error.type`, and the number of exceptions it has.
type Described = (String, Option<String>, usize);

fn described(span: &SpanData) -> Described {
    let mut attributes = span.attributes.iter();
    let error_type = attributes.find(|attribute| attribute.key.as_str() == "error.type");
    let error_type = error_type.map(|attribute| attribute.value.to_string());
    (span.name.to_string(), error_type, span.events.len())
}

fn ended(during: impl FnOnce()) -> Vec<Described> {
    let processor = Panicking::default();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(processor.clone())
        .build();
    traced::set_tracer_provider(provider);
    let outcome = catch_unwind(AssertUnwindSafe(during));
    assert!(outcome.is_err(), "the processor's panic goes on");
    let spans = processor.0.lock().unwrap();
    spans.iter().map(described).collect()
}

fn only_the_one_around_fails() -> [Described; 2] {
    [
        ("fragile".to_owned(), None, 0),
        ("around".to_owned(), Some("panic".to_owned()), 1),
    ]
}

#[traced(name = "fragile")]
fn body() -> u8 {
    1
}

#[traced(name = "fragile")]
fn opaque() -> impl Iterator<Item = u8> {
    std::iter::once(1)
}

#[traced(name = "fragile", attributes(n))]
async fn future(n: u8) -> u8 {
    n
}

#[traced(name = "around")]
fn around(inner: impl FnOnce()) {
    inner();
}

#[test]
fn the_span_of_a_function_ends_once_and_well() {
    let _alone = alone();
    let spans = ended(|| around(|| assert_eq!(body(), 1)));
    assert_eq!(spans, only_the_one_around_fails());
}

#[test]
fn the_span_of_a_guard_ends_once_and_well() {
    let _alone = alone();
    let spans = ended(|| around(|| drop(opaque())));
    assert_eq!(spans, only_the_one_around_fails());
}

#[test]
fn the_span_of_a_future_ends_once_and_well() {
    let _alone = alone();
    let spans = ended(|| {
        around(|| {
            let mut future = pin!(future(1));
            let mut task = TaskContext::from_waker(Waker::noop());
            assert_eq!(future.as_mut().poll(&mut task), Poll::Ready(1));
        });
    });
    assert_eq!(spans, only_the_one_around_fails());
}
