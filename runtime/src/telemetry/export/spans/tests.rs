//! Does the same program give the same request, whether its spans are the SDK's, encoded by
//! `opentelemetry-proto`, or ours?

mod attributes_at_once;
mod cost;
mod failures;
mod same_request;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId,
    TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue, Value};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    Sampler, SamplingDecision, SamplingResult, SdkTracerProvider, ShouldSample, Span, SpanData,
    SpanProcessor,
};
use prost::Message as _;

use super::*;
use crate::attributes::Attributes;
use crate::call_site::CallSite;
use crate::current_context::ContextStack;
use crate::random::{Random, rounds};
use crate::recorder::sink::Bounds;
use crate::recorder::{Exporters, Provider, Sampling, Scopes, Settings};
use crate::telemetry::settings::LimitSettings as Limits;

/// The exported spans of a provider.
type Exported = Vec<ResourceSpans>;

fn few_attributes(random: &mut Random) -> Vec<KeyValue> {
    // Few keys, so that some come twice.
    let keys = ["a", "b", "c", "d", "e"];
    let count = random.below(6);
    (0..count)
        .map(|_| KeyValue::new(keys[random.below(5)], random.value()))
        .collect()
}

fn scopes() -> [InstrumentationScope; 2] {
    let plain = InstrumentationScope::builder("plain").build();
    let full = InstrumentationScope::builder("full")
        .with_version("1.2")
        .with_schema_url("https://example.com/schema")
        .with_attributes([KeyValue::new("scope", true)]);
    [plain, full.build()]
}

fn resource() -> Resource {
    Resource::builder_empty()
        .with_schema_url(
            [KeyValue::new("service.name", "shop")],
            "https://example.com/resource",
        )
        .build()
}

/// A provider with an exporter that is never drained.
fn ours(sampling: Sampling, limits: Limits) -> (Provider, Arc<recorder::Intake>, Arc<Scopes>) {
    let bounds = Bounds {
        items: 100_000,
        bytes: usize::MAX,
        batch: 100_000,
        batch_bytes: usize::MAX,
    };
    let scopes = Arc::<Scopes>::default();
    let refused = |pushed| panic!("{pushed:?}");
    let intake = recorder::Intake::new(bounds, Arc::clone(&scopes), Box::new(|| true), refused);
    let intake = Arc::new(intake);
    let provider = Provider::new(Settings {
        sampling,
        ids: None,
        limits: limits.of_sdk(),
        observers: Vec::new(),
        redaction: None,
        exporters: Exporters {
            intakes: vec![Arc::clone(&intake)],
            scopes: Arc::clone(&scopes),
            exact_limits: limits.exact(),
        },
        #[cfg(feature = "metrics")]
        counts: None,
    });
    (provider, intake, scopes)
}

/// Replaces ids by numbers in their order and times of the clock by 1, and removes the random flag,
/// so that requests can be compared.
fn without_what_differs(mut exported: Exported) -> Exported {
    let mut known = HashMap::new();
    let mut number = |id: &mut Vec<u8>| {
        // The ids that the program sets have few digits.
        if id.iter().filter(|byte| **byte != 0).count() > 1 {
            let next = known.len();
            *id = format!("id {}", known.entry(id.clone()).or_insert(next)).into_bytes();
        }
    };
    let unknown = |time: &mut u64| {
        if *time > 1_000_000 {
            *time = 1;
        }
    };
    for scope in exported.iter_mut().flat_map(|all| &mut all.scope_spans) {
        for span in &mut scope.spans {
            number(&mut span.trace_id);
            number(&mut span.span_id);
            number(&mut span.parent_span_id);
            unknown(&mut span.start_time_unix_nano);
            unknown(&mut span.end_time_unix_nano);
            // The SDK does not set the random flag, and does not pass it on below a dropped span.
            span.flags &= !0x02;
        }
    }
    exported
}

fn limits() -> Limits {
    Limits {
        value_length: None,
        attributes: 128,
        events: 128,
        links: 128,
        event_attributes: 128,
        link_attributes: 128,
        record_value_length: None,
        record_attributes: 128,
    }
}

#[test]
fn threads_end_spans_while_a_worker_takes_them() {
    const THREADS: u64 = 3;
    let each = rounds(2_000);
    let (provider, intake, known) = ours(Sampling::Plain(Sampler::AlwaysOn), limits());
    let mut spans = Vec::new();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let tracer = provider.tracer(format!("thread {thread}"));
            scope.spawn(move || {
                for number in 0..each {
                    let mut span = tracer.start(number.to_string());
                    // Every second has what is written to a buffer of its own first.
                    if number % 2 == 0 {
                        opentelemetry::trace::Span::add_event(&mut span, "even", Vec::new());
                    }
                }
            });
        }
        while (spans.len() as u64) < THREADS * each {
            let batch = intake.take();
            let taken = batch.len() as u64;
            spans.extend(decode(&batch, &known));
            drop(batch);
            intake.settle(taken, taken);
            std::thread::yield_now();
        }
    });
    let counts = intake.counts();
    assert_eq!((counts.exported, counts.pending), (THREADS * each, 0));
    for thread in 0..THREADS {
        let scope = format!("thread {thread}");
        let of_thread = |span: &&SpanData| span.instrumentation_scope.name() == scope;
        let ended = spans.iter().filter(of_thread);
        // In the order in which they ended.
        let names = ended.map(|span| (span.name.to_string(), span.events.len() % 2 == 1));
        let expected = (0..each).map(|number| (number.to_string(), number % 2 == 0));
        assert!(names.eq(expected), "{scope}");
    }
}

/// Everywhere else times are replaced, so that requests can be compared.
#[test]
fn a_span_has_the_times_of_its_start_and_of_its_end() {
    let (provider, intake, known) = ours(Sampling::Plain(Sampler::AlwaysOn), limits());
    let tracer = provider.tracer("times");
    let before = SystemTime::now();
    // The second has a rare field, and is written another way.
    for is_rare in [false, true] {
        let mut span = tracer.start("span");
        if is_rare {
            opentelemetry::trace::Span::add_event(&mut span, "rare", Vec::new());
        }
        opentelemetry::trace::Span::end(&mut span);
        // It has ended though it is still here.
        let spans = decode(&intake.take(), &known);
        let [ended] = &*spans else {
            panic!("{} spans", spans.len())
        };
        // The clock of spans and the system's differ by some microseconds.
        let leeway = Duration::from_millis(50);
        assert!(before - leeway <= ended.start_time, "{ended:?}");
        assert!(ended.start_time <= ended.end_time, "{ended:?}");
        assert!(ended.end_time <= SystemTime::now() + leeway, "{ended:?}");
    }
}
