//! Compares the spans that arrive from `examples/otlp.rs` with what the example does, field by
//! field.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

use super::Received;

/// The environment of the example: span limits that its spans exceed, a resource, and an endpoint.
pub fn variables(protocol: &str, endpoint: &str) -> Vec<(&'static str, String)> {
    let variables = [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_SERVICE_NAME", "orders"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "deployment.environment.name=test,note=a%20b",
        ),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "32"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "2"),
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "3"),
    ];
    variables
        .map(|(name, value)| (name, value.to_owned()))
        .into()
}

/// Compares the spans that arrived with what the example does.
///
/// # Panics
///
/// If a field differs.
pub fn assert_received(via: &str, received: &[Received]) {
    let names: Vec<&str> = {
        let mut names: Vec<&str> = received
            .iter()
            .map(|each| each.span.name.as_str())
            .collect();
        names.sort_unstable();
        names
    };
    let expected = [
        "POST /orders",
        "consume",
        "price",
        "publish",
        "reserve",
        "reserve",
    ];
    assert_eq!(names, expected);
    for each in received {
        assert_eq!(each.via, via);
        assert_resource(each);
        assert_times(&each.span);
    }
    assert_server(received);
    assert_internal(received);
    assert_clients(received);
    assert_messages(received);
}

fn assert_resource(received: &Received) {
    let attributes = &received.resource.attributes;
    assert_eq!(text(attributes, "service.name"), "orders");
    assert_eq!(
        text(attributes, "service.version"),
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(text(attributes, "deployment.environment.name"), "test");
    assert_eq!(text(attributes, "note"), "a b");
    assert_eq!(text(attributes, "telemetry.sdk.language"), "rust");
    let scope = &received.scope;
    match received.span.name.as_str() {
        "consume" => assert_eq!(scope.name, "billing"),
        // The scope is the example's package, or this package, which builds the example too.
        _ => {
            assert!(scope.name.starts_with("traced-"), "{}", scope.name);
            assert_eq!(scope.version, env!("CARGO_PKG_VERSION"));
        }
    }
}

fn assert_times(span: &Span) {
    // A time after the year 2020, in nanoseconds.
    assert!(
        span.start_time_unix_nano > 1_577_836_800_000_000_000,
        "{span:?}"
    );
    assert!(
        span.end_time_unix_nano >= span.start_time_unix_nano,
        "{span:?}"
    );
    for event in &span.events {
        let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
        assert!((start..=end).contains(&event.time_unix_nano), "{span:?}");
    }
}

/// The flags of a span: sampled, with a known origin of the parent. A remote parent sets one bit
/// more.
const LOCAL: u32 = 0x101;
const REMOTE: u32 = 0x301;

fn assert_server(received: &[Received]) {
    let span = named(received, "POST /orders");
    assert_eq!(span.kind(), SpanKind::Server);
    assert_eq!(hex(&span.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(hex(&span.parent_span_id), "00f067aa0ba902b7");
    assert_eq!(span.span_id.len(), 8);
    assert_eq!(span.trace_state, "shop=front");
    assert_eq!(span.flags, REMOTE);
    assert_eq!(text(&span.attributes, "http.request.method"), "POST");
    assert_eq!(*value(&span.attributes, "order.id"), Value::IntValue(7));
    let Value::ArrayValue(products) = value(&span.attributes, "order.products") else {
        panic!("{span:?}");
    };
    let products: Vec<&AnyValue> = products.values.iter().collect();
    let texts = ["teapot", "cup", "a spoon whose name is longer tha"].map(any_text);
    assert_eq!(products, texts.iter().collect::<Vec<_>>());
    // The status comes from the error of its child, and the child recorded the exception.
    assert_failed(span);
    assert!(span.events.is_empty(), "{span:?}");
}

fn assert_failed(span: &Span) {
    let status = span.status.as_ref().unwrap();
    assert_eq!(status.code(), StatusCode::Error);
    assert_eq!(status.message, "`cup` is out of stock");
    assert!(
        text(&span.attributes, "error.type").ends_with("OutOfStock"),
        "{span:?}"
    );
}

fn assert_internal(received: &[Received]) {
    let span = named(received, "price");
    assert_eq!(span.kind(), SpanKind::Internal);
    assert_eq!(span.parent_span_id, named(received, "POST /orders").span_id);
    assert_eq!(span.trace_id, named(received, "POST /orders").trace_id);
    assert_eq!(span.flags, LOCAL);
    assert_eq!(
        *value(&span.attributes, "order.total"),
        Value::DoubleValue(4.5)
    );
    assert_eq!(
        span.status.clone().unwrap_or_default().code(),
        StatusCode::Unset
    );
    // The function records three events, and the limit is two.
    assert_eq!(span.events.len(), 2);
    assert_eq!(span.dropped_events_count, 1);
    assert_eq!(span.events[0].name, "priced");
    assert_eq!(text(&span.events[0].attributes, "product"), "teapot");
    assert_eq!(
        *value(&span.events[0].attributes, "rebate"),
        Value::BoolValue(false)
    );
}

fn assert_clients(received: &[Received]) {
    let reserved = received.iter().filter(|each| each.span.name == "reserve");
    let reserved: Vec<&Span> = reserved.map(|each| &each.span).collect();
    for span in &reserved {
        assert_eq!(span.kind(), SpanKind::Client);
        assert_eq!(span.parent_span_id, named(received, "POST /orders").span_id);
        assert_eq!(text(&span.attributes, "db.system.name"), "sqlite");
    }
    let of = |product: &str| {
        let mut spans = reserved.iter().copied();
        spans
            .find(|span| text(&span.attributes, "product") == product)
            .unwrap()
    };
    assert_eq!(
        of("teapot").status.clone().unwrap_or_default().code(),
        StatusCode::Unset
    );
    let failed = of("cup");
    assert_failed(failed);
    let [exception] = &failed.events[..] else {
        panic!("{failed:?}");
    };
    assert_eq!(exception.name, "exception");
    assert_eq!(
        text(&exception.attributes, "exception.message"),
        "`cup` is out of stock"
    );
}

fn assert_messages(received: &[Received]) {
    let producer = named(received, "publish");
    assert_eq!(producer.kind(), SpanKind::Producer);
    assert_eq!(
        producer.parent_span_id,
        named(received, "POST /orders").span_id
    );
    let consumer = named(received, "consume");
    assert_eq!(consumer.kind(), SpanKind::Consumer);
    assert_eq!(consumer.parent_span_id, Vec::<u8>::new());
    assert_ne!(consumer.trace_id, producer.trace_id);
    let [link] = &consumer.links[..] else {
        panic!("{consumer:?}");
    };
    assert_eq!(
        (&link.trace_id, &link.span_id),
        (&producer.trace_id, &producer.span_id)
    );
    assert_eq!(link.trace_state, "shop=front");
    // The linked span context came from the headers of a message.
    assert_eq!(link.flags, REMOTE);
}

fn named<'a>(received: &'a [Received], name: &str) -> &'a Span {
    let mut spans = received.iter().map(|each| &each.span);
    spans.find(|span| span.name == name).unwrap()
}

fn value<'a>(attributes: &'a [KeyValue], key: &str) -> &'a Value {
    let mut found = attributes.iter().filter(|attribute| attribute.key == key);
    let value = found
        .next()
        .and_then(|attribute| attribute.value.as_ref()?.value.as_ref());
    assert!(found.next().is_none(), "`{key}` twice");
    value.unwrap_or_else(|| panic!("no `{key}` in {attributes:?}"))
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> &'a str {
    match value(attributes, key) {
        Value::StringValue(text) => text,
        other => panic!("`{key}` is {other:?}"),
    }
}

fn any_text(text: &str) -> AnyValue {
    AnyValue {
        value: Some(Value::StringValue(text.into())),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
