//! How much memory a span holds while it waits: an estimate, as a queue is bounded in bytes too.

use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

pub(super) fn of_span(span: &SpanData) -> usize {
    let events = span
        .events
        .iter()
        .map(|event| size_of_val(event) + event.name.len() + of_attributes(&event.attributes));
    let links = span
        .links
        .iter()
        .map(|link| size_of_val(link) + of_attributes(&link.attributes));
    let status = match &span.status {
        opentelemetry::trace::Status::Error { description } => description.len(),
        _ => 0,
    };
    size_of_val(span)
        + span.name.len()
        + status
        + of_attributes(&span.attributes)
        + events.sum::<usize>()
        + links.sum::<usize>()
}

fn of_attributes(attributes: &[KeyValue]) -> usize {
    let sizes = attributes.iter().map(|attribute| {
        size_of_val(attribute) + attribute.key.as_str().len() + of_value(&attribute.value)
    });
    sizes.sum()
}

/// Beyond the value itself.
fn of_value(value: &Value) -> usize {
    match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::String(texts)) => texts
            .iter()
            .map(|text| size_of_val(text) + text.as_str().len())
            .sum(),
        Value::Array(Array::Bool(values)) => size_of_val(values.as_slice()),
        Value::Array(Array::I64(values)) => size_of_val(values.as_slice()),
        Value::Array(Array::F64(values)) => size_of_val(values.as_slice()),
        _ => 0,
    }
}
