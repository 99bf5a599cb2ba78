//! Decodes attributes that were encoded.

use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_proto::tonic::common::v1::any_value::Value as WireValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue as WireKeyValue};
use prost::Message as _;

use super::messages::bodies;

/// Decodes consecutive fields. This crate encoded them, so none fails to decode.
pub(crate) fn attributes_in(fields: &[u8]) -> Vec<KeyValue> {
    let read = bodies(fields).filter_map(|body| WireKeyValue::decode(body).ok());
    decode_attributes(read.collect())
}

pub(crate) fn decode_attributes(attributes: Vec<WireKeyValue>) -> Vec<KeyValue> {
    let read = attributes.into_iter().filter_map(|attribute| {
        let value = value(attribute.value?)?;
        Some(KeyValue::new(attribute.key, value))
    });
    read.collect()
}

/// `None` for types that OpenTelemetry's API does not have; spans of this crate never hold them.
fn value(value: AnyValue) -> Option<Value> {
    Some(match value.value? {
        WireValue::BoolValue(value) => value.into(),
        WireValue::IntValue(value) => value.into(),
        WireValue::DoubleValue(value) => value.into(),
        WireValue::StringValue(text) => text.into(),
        WireValue::ArrayValue(values) => {
            let values = values.values.into_iter().filter_map(|one| one.value);
            Value::Array(array(values.collect())?)
        }
        _ => return None,
    })
}

/// An array whose elements have the type of the first. An empty array becomes one of strings, as its type is
/// not encoded.
fn array(values: Vec<WireValue>) -> Option<Array> {
    Some(match values.first() {
        None => Array::String(Vec::new()),
        Some(WireValue::BoolValue(_)) => Array::Bool(each(values, |value| match value {
            WireValue::BoolValue(value) => Some(value),
            _ => None,
        })),
        Some(WireValue::IntValue(_)) => Array::I64(each(values, |value| match value {
            WireValue::IntValue(value) => Some(value),
            _ => None,
        })),
        Some(WireValue::DoubleValue(_)) => Array::F64(each(values, |value| match value {
            WireValue::DoubleValue(value) => Some(value),
            _ => None,
        })),
        Some(WireValue::StringValue(_)) => Array::String(each(values, |value| match value {
            WireValue::StringValue(text) => Some(StringValue::from(text)),
            _ => None,
        })),
        Some(_) => return None,
    })
}

fn each<T>(values: Vec<WireValue>, read: impl Fn(WireValue) -> Option<T>) -> Vec<T> {
    values.into_iter().filter_map(read).collect()
}
