//! Spans for the unit tests, in one trace and with small numbers as ids and times.

use std::borrow::Cow;
use std::time::{Duration, Instant, SystemTime};

use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::collect::{Collector, TraceBatch, TraceLimits};

/// The trace of all samples.
pub(super) const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;

/// Limits that tests do not reach by accident.
pub(super) const LIMITS: TraceLimits = TraceLimits {
    traces: 100,
    spans: 100,
    all_spans: 10_000,
    grace: Duration::from_secs(1),
    age: Duration::from_secs(60),
};

pub(super) fn at(milliseconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds)
}

pub(super) fn context(trace: u128, id: u64) -> SpanContext {
    SpanContext::new(
        TraceId::from(trace),
        SpanId::from(id),
        TraceFlags::SAMPLED,
        false,
        TraceState::NONE,
    )
}

/// A span from `start` to `end` in milliseconds; `parent` 0 means a root.
pub(super) fn span(id: u64, parent: u64, name: &'static str, start: u64, end: u64) -> SpanData {
    SpanData {
        span_context: context(TRACE, id),
        parent_span_id: SpanId::from(parent),
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: Cow::Borrowed(name),
        start_time: at(start),
        end_time: at(end),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("shop").build(),
    }
}

/// A copy of the span in another trace.
pub(super) fn in_trace(trace: u128, mut data: SpanData) -> SpanData {
    data.span_context = context(
        trace,
        u64::from_be_bytes(data.span_context.span_id().to_bytes()),
    );
    data
}

pub(super) fn with(
    mut data: SpanData,
    key: &'static str,
    value: impl Into<opentelemetry::Value>,
) -> SpanData {
    data.attributes.push(KeyValue::new(key, value));
    data
}

pub(super) fn failed(mut data: SpanData, description: &'static str) -> SpanData {
    data.status = Status::error(description);
    data
}

pub(super) fn with_event(
    mut data: SpanData,
    name: &'static str,
    time: u64,
    pairs: Vec<KeyValue>,
) -> SpanData {
    data.events
        .events
        .push(Event::new(name, at(time), pairs, 0));
    data
}

pub(super) fn with_link(mut data: SpanData, target: SpanContext) -> SpanData {
    data.links.links.push(Link::new(target, Vec::new(), 0));
    data
}

/// The batch after all `spans` have started and then ended, in this order.
pub(super) fn finished(spans: Vec<SpanData>) -> TraceBatch {
    let mut collector = Collector::new(LIMITS);
    let now = Instant::now();
    for data in &spans {
        collector.start(data.clone(), now);
    }
    let batches = spans
        .into_iter()
        .filter_map(|data| collector.end(data, now));
    batches.last().expect("the last end prints")
}
