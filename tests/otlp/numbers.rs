//! A program whose spans and log records hold numbers that are not finite, in every field that
//! takes one.

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState, Tracer};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value, global};
use traced::telemetry::TelemetryBuilder;

fn main() {
    let telemetry = TelemetryBuilder::default()
        .resource_attribute("of.resource", f64::NAN)
        .init()
        .unwrap();
    let array = Value::Array(Array::F64(vec![f64::INFINITY, 0.5, f64::NAN]));
    let attributes = vec![
        KeyValue::new("of.span", f64::NAN),
        KeyValue::new("of.array", array),
        KeyValue::new("of.finite", -0.5),
    ];
    let link = SpanContext::new(
        TraceId::from(1),
        SpanId::from(1),
        TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    );
    let scope = InstrumentationScope::builder("numbers")
        .with_attributes([KeyValue::new("of.scope", f64::NEG_INFINITY)])
        .build();
    let tracer = global::tracer_with_scope(scope);
    let span = tracer
        .span_builder("measured")
        .with_attributes(attributes)
        .with_links(vec![opentelemetry::trace::Link::new(
            link,
            vec![KeyValue::new("of.link", f64::INFINITY)],
            0,
        )]);
    let mut span = tracer.build(span);
    use opentelemetry::trace::Span as _;
    span.add_event("read", vec![KeyValue::new("of.event", f64::NAN)]);
    drop(span);
    tracing::info!(ratio = f64::INFINITY, "measured");
    let report = telemetry.shutdown();
    println!("{report}");
}
