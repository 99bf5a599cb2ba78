//! Results that are observed for the metrics alone: what the user's expressions call meanwhile is recorded as ever.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use opentelemetry::trace::TraceId;
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SpanData};
use traced::traced;

use crate::{Meters, builder};

#[derive(Debug)]
struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("full")
    }
}

impl std::error::Error for Full {}

/// The trace in which [`is_bad`] ran last.
static ASKED_IN: Mutex<TraceId> = Mutex::new(TraceId::INVALID);

#[traced]
fn look_up() -> Result<(), Full> {
    *ASKED_IN.lock().unwrap() = traced::current().trace_id();
    Err(Full)
}

fn is_bad(_: &Full) -> bool {
    look_up().is_err()
}

#[traced(error_if = is_bad)]
fn judged() -> Result<(), Full> {
    Err(Full)
}

#[traced(error_if = is_bad)]
async fn judged_later() -> Result<(), Full> {
    Err(Full)
}

#[traced(scoped(tenant = "acme"))]
fn parent() -> TraceId {
    let _ = judged();
    let _ = futures::executor::block_on(judged_later());
    traced::current().trace_id()
}

/// How often [`is_counted`] was asked.
static ASKED: AtomicU32 = AtomicU32::new(0);

fn is_counted(_: &Full) -> bool {
    ASKED.fetch_add(1, Ordering::Relaxed);
    true
}

#[traced(error_if = is_counted)]
fn counted() -> Result<(), Full> {
    Err(Full)
}

/// Its body is not moved into a closure.
#[track_caller]
#[traced(error_if = is_counted)]
fn counted_in_place() -> Result<(), Full> {
    Err(Full)
}

#[test]
fn results_that_are_neither_recorded_nor_measured_are_not_looked_at() {
    let _meters = Meters::install();
    for (is_measured, asked) in [(false, 0), (true, 1)] {
        let _telemetry = builder()
            .metrics(is_measured)
            .sampler(Sampler::AlwaysOff)
            .init()
            .unwrap();
        for function in [counted, counted_in_place] {
            ASKED.store(0, Ordering::Relaxed);
            let _ = function();
            assert_eq!(ASKED.load(Ordering::Relaxed), asked);
        }
    }
}

#[test]
fn what_an_unsampled_call_asks_is_in_its_trace() {
    let _meters = Meters::install();
    let _telemetry = builder().sampler(Sampler::AlwaysOff).init().unwrap();
    let trace = parent();
    assert_eq!(*ASKED_IN.lock().unwrap(), trace);
}

#[test]
fn what_a_call_without_a_span_asks_is_recorded_whole() {
    let _meters = Meters::install();
    let exporter = InMemorySpanExporter::default();
    let telemetry = crate::TelemetryBuilder::default()
        .metrics(true)
        .filter(
            "metrics::unrecorded::judged=off,metrics::unrecorded::judged_later=off"
                .parse()
                .unwrap(),
        )
        .span_exporter(exporter.clone())
        .init()
        .unwrap();
    parent();
    telemetry.force_flush();
    let spans = exporter.get_finished_spans().unwrap();
    let named = |name: &str| -> Vec<&SpanData> {
        let named = spans.iter().filter(|span| span.name == name);
        named.collect()
    };
    let (asked, parents) = (named("look_up"), named("parent"));
    assert_eq!((asked.len(), parents.len()), (2, 1));
    for span in asked {
        assert_eq!(span.parent_span_id, parents[0].span_context.span_id());
        let has = |key: &str, value: &str| {
            let mut all = span.attributes.iter();
            all.any(|of| of.key.as_str() == key && of.value.as_str() == value)
        };
        assert!(has("tenant", "acme"), "{:?}", span.attributes);
        let event = &span.events[0].attributes;
        let message = event
            .iter()
            .find(|of| of.key.as_str() == "exception.message");
        assert_eq!(message.unwrap().value.as_str(), "full");
    }
    assert!(parents[0].events.is_empty());
}
