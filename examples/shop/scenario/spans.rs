//! Spans that arrive over OTLP.

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1 as otlp;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

/// The id of a trace.
pub(crate) type Trace = Vec<u8>;

/// A span id with its trace id, as span ids are unique within a trace only.
pub(crate) type Id = (Trace, Vec<u8>);

#[derive(Clone, Debug, Default)]
pub(crate) struct Span {
    pub(crate) service: String,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) id: Id,
    /// The parent; `None` for a root.
    pub(crate) parent: Option<Id>,
    pub(crate) links: Vec<Id>,
    pub(crate) is_error: bool,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) events: Vec<String>,
    /// Nanoseconds since 1970.
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Span {
    /// Whether the attribute is `true`.
    pub(crate) fn is(&self, key: &str) -> bool {
        self.attributes
            .get(key)
            .is_some_and(|value| value == "true")
    }

    pub(crate) fn took_ms(&self) -> f64 {
        Duration::from_nanos(self.end.saturating_sub(self.start)).as_secs_f64() * 1_000.0
    }
}

/// The spans of a request.
pub(crate) fn read(request: ExportTraceServiceRequest) -> Vec<Span> {
    let mut spans = Vec::new();
    for from_one_process in request.resource_spans {
        let resource = from_one_process.resource.unwrap_or_default();
        let mut resource = texts(resource.attributes);
        let service = resource.remove("service.name").unwrap_or_default();
        for scope in from_one_process.scope_spans {
            let read = scope.spans.into_iter().map(|span| read_one(&service, span));
            spans.extend(read);
        }
    }
    spans
}

fn read_one(service: &str, span: otlp::Span) -> Span {
    let parent = (span.trace_id.clone(), span.parent_span_id);
    let links = span.links.into_iter();
    let events = span.events.into_iter();
    Span {
        service: service.to_owned(),
        kind: match SpanKind::try_from(span.kind) {
            Ok(SpanKind::Server) => "server",
            Ok(SpanKind::Client) => "client",
            Ok(SpanKind::Producer) => "producer",
            Ok(SpanKind::Consumer) => "consumer",
            _ => "",
        },
        name: span.name,
        parent: Some(parent).filter(|(_, span)| !span.is_empty()),
        id: (span.trace_id, span.span_id),
        links: links.map(|link| (link.trace_id, link.span_id)).collect(),
        is_error: span
            .status
            .is_some_and(|status| status.code == StatusCode::Error as i32),
        attributes: texts(span.attributes),
        events: events.map(|event| event.name).collect(),
        start: span.start_time_unix_nano,
        end: span.end_time_unix_nano,
    }
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let attributes = attributes.into_iter();
    attributes
        .map(|attribute| (attribute.key, text(attribute.value)))
        .collect()
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(value)) => value,
        Some(Value::IntValue(value)) => value.to_string(),
        Some(Value::BoolValue(value)) => value.to_string(),
        other => format!("{other:?}"),
    }
}
