//! Decodes spans to the SDK's type, for exporters of the user.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry_proto::tonic::trace::v1::span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, SpanFlags};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use prost::Message as _;

use crate::encoding::{bodies, decode_attributes};
use crate::recorder::sink::Batch;
use crate::recorder::{Scope, Scopes};

/// The spans of a batch. Our own encoder wrote them, so none fails to decode.
pub(in super::super) fn decode(batch: &Batch<Scope>, scopes: &Scopes) -> Vec<SpanData> {
    let mut spans = Vec::with_capacity(batch.len());
    for (scope, bytes) in batch.runs() {
        let scope = scopes.get(scope);
        let read = bodies(bytes).filter_map(|body| Span::decode(body).ok());
        spans.extend(read.map(|span| data(span, scope.clone())));
    }
    spans
}

fn data(span: Span, scope: InstrumentationScope) -> SpanData {
    let kind = span.kind();
    let mut events = SpanEvents::default();
    events.events = span.events.into_iter().map(event).collect();
    events.dropped_count = span.dropped_events_count;
    let mut links = SpanLinks::default();
    links.links = span.links.into_iter().map(link).collect();
    links.dropped_count = span.dropped_links_count;
    let status = span.status.unwrap_or_default();
    SpanData {
        span_context: SpanContext::new(
            trace_id(&span.trace_id),
            span_id(&span.span_id),
            flags(span.flags),
            false,
            state(&span.trace_state),
        ),
        parent_span_id: span_id(&span.parent_span_id),
        parent_span_is_remote: is_remote(span.flags),
        span_kind: match kind {
            span::SpanKind::Server => SpanKind::Server,
            span::SpanKind::Client => SpanKind::Client,
            span::SpanKind::Producer => SpanKind::Producer,
            span::SpanKind::Consumer => SpanKind::Consumer,
            span::SpanKind::Internal | span::SpanKind::Unspecified => SpanKind::Internal,
        },
        name: span.name.into(),
        start_time: time(span.start_time_unix_nano),
        end_time: time(span.end_time_unix_nano),
        attributes: decode_attributes(span.attributes),
        dropped_attributes_count: span.dropped_attributes_count,
        events,
        links,
        status: match status.code() {
            StatusCode::Unset => Status::Unset,
            StatusCode::Ok => Status::Ok,
            StatusCode::Error => Status::error(status.message),
        },
        instrumentation_scope: scope,
    }
}

fn event(event: span::Event) -> Event {
    Event::new(
        event.name,
        time(event.time_unix_nano),
        decode_attributes(event.attributes),
        event.dropped_attributes_count,
    )
}

fn link(link: span::Link) -> Link {
    let target = SpanContext::new(
        trace_id(&link.trace_id),
        span_id(&link.span_id),
        flags(link.flags),
        is_remote(link.flags),
        state(&link.trace_state),
    );
    Link::new(
        target,
        decode_attributes(link.attributes),
        link.dropped_attributes_count,
    )
}

fn trace_id(bytes: &[u8]) -> TraceId {
    bytes
        .try_into()
        .map_or(TraceId::INVALID, TraceId::from_bytes)
}

fn span_id(bytes: &[u8]) -> SpanId {
    bytes.try_into().map_or(SpanId::INVALID, SpanId::from_bytes)
}

fn flags(flags: u32) -> TraceFlags {
    // The lowest byte has the flags of W3C Trace Context.
    TraceFlags::new(flags.to_le_bytes()[0])
}

fn is_remote(flags: u32) -> bool {
    flags & SpanFlags::ContextIsRemoteMask as u32 != 0
}

fn state(header: &str) -> TraceState {
    header.parse().unwrap_or_default()
}

fn time(nanoseconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanoseconds)
}
