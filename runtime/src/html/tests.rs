use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::items::MOST_BYTES;
use super::*;

/// Texts that could end the data element or be read as markup.
const HOSTILE: [&str; 8] = [
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    "]]>",
    "\u{2028}\u{2029}",
    "\0\u{1}\u{1f}\u{7f}\"\\\n\r\t",
    "&lt;&amp;",
    "{{data}}",
    "\u{202e}txt.exe 😀 é",
];

fn context(id: u8) -> SpanContext {
    let state = TraceState::from_key_value([("vendor", "a<b")]).unwrap_or_default();
    let (trace, span) = (TraceId::from_bytes([7; 16]), SpanId::from_bytes([id; 8]));
    SpanContext::new(trace, span, TraceFlags::SAMPLED, false, state)
}

fn hostile_attributes() -> Vec<KeyValue> {
    let texts: Vec<StringValue> = HOSTILE.iter().map(|&text| text.into()).collect();
    let mut attributes: Vec<KeyValue> = HOSTILE
        .iter()
        .map(|&text| KeyValue::new(text, text))
        .collect();
    attributes.extend([
        KeyValue::new("texts", Value::Array(Array::String(texts))),
        KeyValue::new(
            "integers",
            Value::Array(Array::I64(vec![i64::MIN, 0, i64::MAX])),
        ),
        KeyValue::new("booleans", Value::Array(Array::Bool(vec![true, false]))),
        KeyValue::new("floats", Value::Array(Array::F64(vec![0.5, -0.0, 1e300]))),
        KeyValue::new("none", Value::Array(Array::String(Vec::new()))),
        KeyValue::new("float", 3.0),
        KeyValue::new("nan", f64::NAN),
        KeyValue::new("infinite", f64::NEG_INFINITY),
        KeyValue::new("yes", true),
        KeyValue::new("integer", i64::MIN),
    ]);
    attributes
}

fn hostile_span() -> SpanData {
    let at = |nanoseconds| UNIX_EPOCH + Duration::from_nanos(nanoseconds);
    let mut events = SpanEvents::default();
    events.events = vec![Event::new(
        HOSTILE[0],
        at(1_764_345_600_000_000_007),
        hostile_attributes(),
        2,
    )];
    events.dropped_count = 3;
    let mut links = SpanLinks::default();
    links.links = vec![Link::new(context(9), hostile_attributes(), 4)];
    links.dropped_count = 5;
    SpanData {
        span_context: context(1),
        parent_span_id: SpanId::from_bytes([2; 8]),
        parent_span_is_remote: true,
        span_kind: SpanKind::Consumer,
        name: HOSTILE.concat().into(),
        start_time: at(1_764_345_600_000_000_001),
        end_time: at(1_764_345_600_999_999_999),
        attributes: hostile_attributes(),
        dropped_attributes_count: 1,
        events,
        links,
        status: Status::error(HOSTILE[0]),
        instrumentation_scope: InstrumentationScope::builder(HOSTILE[0])
            .with_version("1.0")
            .build(),
    }
}

fn page_of(spans: &[SpanData]) -> String {
    let mut items = Items::default();
    for span in spans {
        items.push(&span.instrumentation_scope, json::span(span, true).into());
    }
    let mut page = Vec::new();
    let resource = json::attributes(&hostile_attributes());
    let reason = Reason::Panic(HOSTILE[0].to_owned());
    write_page(&mut page, &reason, &resource, &items, &Items::default()).unwrap();
    String::from_utf8(page).unwrap()
}

#[test]
fn nothing_in_the_data_can_end_its_element() {
    let page = page_of(&[hostile_span()]);
    let (head, tail) = PAGE.split_once(MARK).unwrap();
    let data = page.strip_prefix(head).unwrap().strip_suffix(tail).unwrap();
    for forbidden in ['<', '>', '&', '\0', '\u{2028}', '\u{2029}', '\u{7f}'] {
        assert!(!data.contains(forbidden), "{forbidden:?}");
    }
}

#[test]
fn the_page_has_one_mark_and_a_security_policy() {
    assert_eq!(PAGE.matches(MARK).count(), 1);
    let (head, tail) = PAGE.split_once(MARK).unwrap();
    assert!(head.ends_with("<script type=\"application/json\" id=\"traced-data\">"));
    assert!(tail.starts_with("</script>"));
    assert!(head.contains("default-src 'none'"));
    assert!(PAGE.len() <= 150_000);
}

#[test]
fn a_span_is_written_as_a_message_of_otlp() {
    use opentelemetry_proto::tonic::trace::v1::Span;

    for has_ended in [true, false] {
        let mut expected = Span::from(hostile_span());
        if !has_ended {
            expected.end_time_unix_nano = 0;
        }
        let expected = crate::telemetry::to_json(&expected).unwrap();
        let written = json::span(&hostile_span(), has_ended);
        assert_eq!(without_defaults(&written), without_defaults(&expected));
    }
}

/// A message without the members that have their default value.
fn without_defaults(json: &str) -> serde_json::Value {
    use serde_json::Value;

    fn strip(value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let members = members.into_iter().map(|(key, value)| (key, strip(value)));
                let is_default = |key: &str, value: &Value| match value {
                    Value::Null => true,
                    Value::Array(items) => items.is_empty() && key != "values",
                    // A zero inside an attribute value is data and not a default.
                    Value::Number(number) => number.as_u64() == Some(0) && !key.ends_with("Value"),
                    Value::String(text) => {
                        matches!(&**text, "" | "0") && !key.ends_with("Value") && key != "key"
                    }
                    _ => false,
                };
                let members = members.filter(|(key, value)| !is_default(key, value));
                Value::Object(members.collect())
            }
            Value::Array(items) => Value::Array(items.into_iter().map(strip).collect()),
            other => other,
        }
    }
    strip(serde_json::from_str(json).unwrap())
}

#[test]
fn the_oldest_spans_give_way_and_are_counted() {
    let mut items = Items::default();
    let scope = InstrumentationScope::default();
    let large = MOST_BYTES / 4;
    for _ in 0..6 {
        items.push(&scope, "x".repeat(large).into());
    }
    assert_eq!(items.dropped(), 3);
    assert!(items.bytes() <= MOST_BYTES);
}

#[test]
fn a_path_is_a_file_or_a_folder() {
    let file = |path: &str, service: &str| Target::of(path).of_process(service, 7);
    assert_eq!(file("a/b.html", "shop"), PathBuf::from("a/b.html"));
    assert_eq!(file("a/b.HTM", "shop"), PathBuf::from("a/b.HTM"));
    assert_eq!(file("a/b", "shop"), PathBuf::from("a/b/shop-7.html"));
    assert_eq!(
        file("a", "../etc/x y"),
        PathBuf::from("a/_._etc_x_y-7.html")
    );
    assert_eq!(file("a", ""), PathBuf::from("a/traces-7.html"));
}
