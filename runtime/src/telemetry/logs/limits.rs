//! The limits of log records.

use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use crate::telemetry::limits::truncated;

/// Drops the attributes after the first `count`, and cuts texts to `length` characters.
///
/// Specification: OpenTelemetry, *Common*, "Attribute Limits"; *Logs SDK*, "`LogRecord` Limits".
pub(crate) fn apply(record: &mut LogRecord, count: usize, length: Option<usize>) {
    let excess = record.attributes.len().saturating_sub(count);
    record.attributes.truncate(count);
    let excess = u32::try_from(excess).unwrap_or(u32::MAX);
    record.dropped_attributes_count = record.dropped_attributes_count.saturating_add(excess);
    if let Some(length) = length {
        let values = record.attributes.iter_mut();
        let values = values.filter_map(|attribute| attribute.value.as_mut());
        values.for_each(|value| shorten(value, length));
    }
}

/// Cuts a text, or the texts in an array or map.
fn shorten(value: &mut AnyValue, length: usize) {
    match value.value.as_mut() {
        Some(Value::StringValue(text)) => {
            if let Some(end) = truncated(text, length).map(str::len) {
                text.truncate(end);
            }
        }
        Some(Value::BytesValue(bytes)) => bytes.truncate(length),
        Some(Value::ArrayValue(array)) => {
            let values = array.values.iter_mut();
            values.for_each(|value| shorten(value, length));
        }
        Some(Value::KvlistValue(map)) => {
            let values = map.values.iter_mut().filter_map(|pair| pair.value.as_mut());
            values.for_each(|value| shorten(value, length));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValue};

    use super::*;

    fn text(text: &str) -> AnyValue {
        AnyValue {
            value: Some(Value::StringValue(text.to_owned())),
        }
    }

    fn record(values: Vec<AnyValue>) -> LogRecord {
        let attributes = values.into_iter().map(|value| KeyValue {
            key: "key".to_owned(),
            value: Some(value),
            ..KeyValue::default()
        });
        LogRecord {
            attributes: attributes.collect(),
            ..LogRecord::default()
        }
    }

    fn values(record: LogRecord) -> Vec<AnyValue> {
        let values = record.attributes.into_iter();
        values.filter_map(|attribute| attribute.value).collect()
    }

    #[test]
    fn dropped_attributes_are_counted() {
        let mut record = record(vec![text("a"), text("b"), text("c")]);
        apply(&mut record, 2, None);
        assert_eq!(record.dropped_attributes_count, 1);
        assert_eq!(values(record), [text("a"), text("b")]);
    }

    #[test]
    fn the_length_is_in_characters_and_applies_inside_arrays() {
        let array = |values| AnyValue {
            value: Some(Value::ArrayValue(ArrayValue { values })),
        };
        let mut record = record(vec![text("äöü"), array(vec![text("abc"), text("d")])]);
        apply(&mut record, 128, Some(2));
        let expected = [text("äö"), array(vec![text("ab"), text("d")])];
        assert_eq!(values(record), expected);
    }
}
