//! Spans as OTLP JSON that is safe inside an HTML element.
//!
//! `</script` and `<!--` in a text would end or change the `script` element. So in all texts `<`, `>`, `&`, and the two
//! separators that older JavaScript treats as line breaks, are written as JSON escapes.
//!
//! It is written by hand, so that the feature `testing` needs neither prost nor serde; a test compares it with the
//! messages of `opentelemetry-proto`.
//!
//! Specification: OTLP, "JSON Protobuf Encoding".

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

/// A span in OTLP JSON; without an end time if it has not ended.
pub(super) fn span(span: &SpanData, has_ended: bool) -> String {
    let mut json = String::with_capacity(384);
    json.push('{');
    context(&mut json, &span.span_context);
    if span.parent_span_id != SpanId::INVALID {
        let _ = write!(json, ",\"parentSpanId\":\"{}\"", span.parent_span_id);
    }
    flags(&mut json, &span.span_context, span.parent_span_is_remote);
    json.push_str(",\"name\":");
    text(&mut json, &span.name);
    let kind = match span.span_kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    };
    let start = nanoseconds(span.start_time);
    let end = if has_ended {
        nanoseconds(span.end_time)
    } else {
        0
    };
    let _ = write!(
        json,
        ",\"kind\":{kind},\"startTimeUnixNano\":\"{start}\",\"endTimeUnixNano\":\"{end}\""
    );
    json.push_str(",\"attributes\":");
    push_attributes(&mut json, &span.attributes);
    dropped(&mut json, "Attributes", span.dropped_attributes_count);
    events(&mut json, span);
    links(&mut json, span);
    if let Status::Error { description } = &span.status {
        json.push_str(",\"status\":{\"code\":2,\"message\":");
        text(&mut json, description);
        json.push('}');
    } else if span.status == Status::Ok {
        json.push_str(",\"status\":{\"code\":1}");
    }
    json.push('}');
    json
}

fn events(json: &mut String, span: &SpanData) {
    json.push_str(",\"events\":[");
    for (index, event) in span.events.events.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let at = nanoseconds(event.timestamp);
        let _ = write!(json, "{comma}{{\"timeUnixNano\":\"{at}\",\"name\":");
        text(json, &event.name);
        json.push_str(",\"attributes\":");
        push_attributes(json, &event.attributes);
        dropped(json, "Attributes", event.dropped_attributes_count);
        json.push('}');
    }
    json.push(']');
    dropped(json, "Events", span.events.dropped_count);
}

fn links(json: &mut String, span: &SpanData) {
    json.push_str(",\"links\":[");
    for (index, link) in span.links.links.iter().enumerate() {
        json.push_str(if index == 0 { "{" } else { ",{" });
        context(json, &link.span_context);
        flags(json, &link.span_context, link.span_context.is_remote());
        json.push_str(",\"attributes\":");
        push_attributes(json, &link.attributes);
        dropped(json, "Attributes", link.dropped_attributes_count);
        json.push('}');
    }
    json.push(']');
    dropped(json, "Links", span.links.dropped_count);
}

fn context(json: &mut String, context: &SpanContext) {
    let _ = write!(
        json,
        "\"traceId\":\"{}\",\"spanId\":\"{}\"",
        context.trace_id(),
        context.span_id()
    );
    let state = context.trace_state().header();
    if !state.is_empty() {
        json.push_str(",\"traceState\":");
        text(json, &state);
    }
}

/// The trace flags. Bit 8 is set as it is known whether the parent or linked span is remote, and bit 9 if it is.
fn flags(json: &mut String, context: &SpanContext, is_remote: bool) {
    let flags = u32::from(context.trace_flags().to_u8()) | 0x100;
    let flags = if is_remote { flags | 0x200 } else { flags };
    let _ = write!(json, ",\"flags\":{flags}");
}

fn dropped(json: &mut String, what: &str, count: u32) {
    if count > 0 {
        let _ = write!(json, ",\"dropped{what}Count\":{count}");
    }
}

/// Name, version and attributes of a scope.
pub(super) fn scope(scope: &InstrumentationScope) -> String {
    let mut json = String::from("{\"name\":");
    text(&mut json, scope.name());
    if let Some(version) = scope.version() {
        json.push_str(",\"version\":");
        text(&mut json, version);
    }
    let attributes: Vec<KeyValue> = scope.attributes().cloned().collect();
    if !attributes.is_empty() {
        json.push_str(",\"attributes\":");
        push_attributes(&mut json, &attributes);
    }
    json.push('}');
    json
}

/// A list of attributes.
pub(super) fn attributes(attributes: &[KeyValue]) -> String {
    let mut json = String::new();
    push_attributes(&mut json, attributes);
    json
}

/// The facts about the page that it shows at its top.
pub(super) fn facts(reason: &str, message: &str, dropped: u64, now: SystemTime) -> String {
    let mut json = String::from("{\"reason\":");
    text(&mut json, reason);
    json.push_str(",\"message\":");
    text(&mut json, message);
    let now = nanoseconds(now);
    let _ = write!(
        json,
        ",\"dropped\":{dropped},\"writtenUnixNano\":\"{now}\"}}"
    );
    json
}

fn push_attributes(json: &mut String, attributes: &[KeyValue]) {
    json.push('[');
    for (index, attribute) in attributes.iter().enumerate() {
        json.push_str(if index == 0 {
            "{\"key\":"
        } else {
            ",{\"key\":"
        });
        text(json, attribute.key.as_str());
        json.push_str(",\"value\":");
        value(json, &attribute.value);
        json.push('}');
    }
    json.push(']');
}

fn value(json: &mut String, value: &Value) {
    match value {
        Value::Bool(value) => boolean(json, *value),
        Value::I64(value) => integer(json, *value),
        Value::F64(value) => float(json, *value),
        Value::String(value) => string(json, value.as_str()),
        Value::Array(Array::Bool(values)) => {
            array(json, values, |json, value| boolean(json, *value));
        }
        Value::Array(Array::I64(values)) => {
            array(json, values, |json, value| integer(json, *value));
        }
        Value::Array(Array::F64(values)) => array(json, values, |json, value| float(json, *value)),
        Value::Array(Array::String(values)) => {
            array(json, values, |json, value| string(json, value.as_str()));
        }
        // A type that OpenTelemetry added later.
        other => string(json, &other.to_string()),
    }
}

fn boolean(json: &mut String, value: bool) {
    let _ = write!(json, "{{\"boolValue\":{value}}}");
}

fn integer(json: &mut String, value: i64) {
    let _ = write!(json, "{{\"intValue\":\"{value}\"}}");
}

/// JSON has no infinities and no NaN; protobuf's JSON encoding has them as strings.
fn float(json: &mut String, value: f64) {
    let _ = match value {
        _ if value.is_finite() => write!(json, "{{\"doubleValue\":{value:?}}}"),
        _ if value.is_nan() => write!(json, "{{\"doubleValue\":\"NaN\"}}"),
        _ if value > 0.0 => write!(json, "{{\"doubleValue\":\"Infinity\"}}"),
        _ => write!(json, "{{\"doubleValue\":\"-Infinity\"}}"),
    };
}

fn string(json: &mut String, value: &str) {
    json.push_str("{\"stringValue\":");
    text(json, value);
    json.push('}');
}

fn array<T>(json: &mut String, values: &[T], write: impl Fn(&mut String, &T)) {
    json.push_str("{\"arrayValue\":{\"values\":[");
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        write(json, value);
    }
    json.push_str("]}}");
}

/// Writes a JSON string with its quotes.
fn text(json: &mut String, text: &str) {
    json.push('"');
    let mut written = 0;
    for (at, c) in text.char_indices() {
        let is_plain = !matches!(
            c,
            '"' | '\\' | '\0'..='\x1f' | '<' | '>' | '&' | '\u{7f}' | '\u{2028}' | '\u{2029}'
        );
        if is_plain {
            continue;
        }
        json.push_str(&text[written..at]);
        written = at + c.len_utf8();
        escape(json, c);
    }
    json.push_str(&text[written..]);
    json.push('"');
}

fn escape(json: &mut String, c: char) {
    let _ = write!(json, "\\u{:04x}", u32::from(c));
}

/// Escapes the unsafe characters in JSON from another source, where they can only be in strings.
#[cfg(feature = "logs")]
pub(super) fn made_safe(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => escape(&mut safe, c),
            _ => safe.push(c),
        }
    }
    safe
}

fn nanoseconds(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos()
}
