//! Protobuf encoding of `KeyValue`, for each type of value.

use opentelemetry::{Array, KeyValue, StringValue, Value};

use super::cursor::{Cursor, field_len, text_len, varint_len};

/// The tag of the field `Span.attributes`.
pub(crate) const SPAN_ATTRIBUTE: u8 = 0x4a;

pub(crate) fn attributes_len(attributes: &[KeyValue]) -> usize {
    let lens = attributes.iter().map(|one| field_len(attribute_len(one)));
    lens.sum()
}

pub(crate) fn put_attributes(out: &mut Cursor<'_>, tag: u8, attributes: &[KeyValue]) {
    for attribute in attributes {
        out.put([tag]);
        out.varint(attribute_len(attribute) as u64);
        out.text_unless_empty(0x0a, attribute.key.as_str());
        out.put([0x12]);
        out.varint(value_len(&attribute.value) as u64);
        put_value(out, &attribute.value);
    }
}

#[inline]
fn attribute_len(attribute: &KeyValue) -> usize {
    text_len(attribute.key.as_str()) + field_len(value_len(&attribute.value))
}

/// The encoded length of an attribute whose value is a string.
pub(crate) fn text_attribute_len(key: &str, text: &str) -> usize {
    text_len(key) + field_len(field_len(text.len()))
}

pub(crate) fn put_text_attribute(out: &mut Cursor<'_>, tag: u8, key: &str, text: &str) {
    out.put([tag]);
    out.varint(text_attribute_len(key, text) as u64);
    out.text_unless_empty(0x0a, key);
    out.put([0x12]);
    out.varint(field_len(text.len()) as u64);
    out.text(0x0a, text);
}

// `AnyValue.value` is a `oneof`, so protobuf writes its field even if it is 0, false or empty.

#[inline]
pub(super) fn value_len(value: &Value) -> usize {
    match value {
        Value::Bool(_) => BOOL,
        Value::I64(value) => i64_len(*value),
        Value::F64(_) => F64,
        Value::String(text) => string_len(text),
        Value::Array(array) => field_len(array_len(array)),
        // A type that OpenTelemetry added later is written as an empty value.
        _ => 0,
    }
}

#[inline]
pub(super) fn put_value(out: &mut Cursor<'_>, value: &Value) {
    match value {
        Value::Bool(value) => put_bool(out, *value),
        Value::I64(value) => put_i64(out, *value),
        Value::F64(value) => put_f64(out, *value),
        Value::String(text) => out.text(0x0a, text.as_str()),
        Value::Array(array) => {
            out.put([0x2a]);
            out.varint(array_len(array) as u64);
            put_array(out, array);
        }
        _ => {}
    }
}

pub(super) const BOOL: usize = 2;
pub(super) const F64: usize = 9;

#[inline]
pub(super) fn i64_len(value: i64) -> usize {
    1 + varint_len(value as u64)
}

#[inline]
fn string_len(text: &StringValue) -> usize {
    field_len(text.as_str().len())
}

#[inline]
pub(super) fn put_bool(out: &mut Cursor<'_>, value: bool) {
    out.put([0x10, u8::from(value)]);
}

#[inline]
pub(super) fn put_i64(out: &mut Cursor<'_>, value: i64) {
    out.put([0x18]);
    out.varint(value as u64);
}

#[inline]
pub(super) fn put_f64(out: &mut Cursor<'_>, value: f64) {
    out.put([0x21]);
    out.put(value.to_le_bytes());
}

fn array_len(array: &Array) -> usize {
    match array {
        Array::Bool(values) => values.len() * field_len(BOOL),
        Array::F64(values) => values.len() * field_len(F64),
        Array::I64(values) => values.iter().map(|value| field_len(i64_len(*value))).sum(),
        Array::String(texts) => texts.iter().map(|text| field_len(string_len(text))).sum(),
        _ => 0,
    }
}

/// Writes `ArrayValue.values`: a field for each element.
fn put_array(out: &mut Cursor<'_>, array: &Array) {
    let element = |out: &mut Cursor<'_>, len: usize| {
        out.put([0x0a]);
        out.varint(len as u64);
    };
    match array {
        Array::Bool(values) => values.iter().for_each(|value| {
            element(out, BOOL);
            put_bool(out, *value);
        }),
        Array::F64(values) => values.iter().for_each(|value| {
            element(out, F64);
            put_f64(out, *value);
        }),
        Array::I64(values) => values.iter().for_each(|value| {
            element(out, i64_len(*value));
            put_i64(out, *value);
        }),
        Array::String(texts) => texts.iter().for_each(|text| {
            element(out, string_len(text));
            out.text(0x0a, text.as_str());
        }),
        _ => {}
    }
}
