//! Attributes: keys, and values of each type.

use opentelemetry::{Array, KeyValue, StringValue, Value};

use super::cursor::{Cursor, field_len, text_len, varint_len};

/// `Span.attributes`.
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

// A value is one of several fields, so it is written also where it is 0, false or empty.

#[inline]
fn value_len(value: &Value) -> usize {
    match value {
        Value::Bool(_) => BOOL,
        Value::I64(value) => i64_len(*value),
        Value::F64(_) => F64,
        Value::String(text) => string_len(text),
        Value::Array(array) => field_len(array_len(array)),
        // A type that OpenTelemetry has added since: its value is left empty.
        _ => 0,
    }
}

#[inline]
fn put_value(out: &mut Cursor<'_>, value: &Value) {
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

const BOOL: usize = 2;
const F64: usize = 9;

#[inline]
fn i64_len(value: i64) -> usize {
    1 + varint_len(value as u64)
}

#[inline]
fn string_len(text: &StringValue) -> usize {
    field_len(text.as_str().len())
}

#[inline]
fn put_bool(out: &mut Cursor<'_>, value: bool) {
    out.put([0x10, u8::from(value)]);
}

#[inline]
fn put_i64(out: &mut Cursor<'_>, value: i64) {
    out.put([0x18]);
    out.varint(value as u64);
}

#[inline]
fn put_f64(out: &mut Cursor<'_>, value: f64) {
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

/// The elements: each is a value in a field of its own.
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

/// Attributes of a span as fields that stand one after the other, in a buffer that is used again.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    /// The fields that were written, and behind them zeros or remains of another span.
    bytes: Vec<u8>,
    used: usize,
}

/// The first buffer: a few attributes.
const FIRST_BUFFER: usize = 256;
/// A key and a value of so many bytes together are in a field whose lengths take a byte each.
const SHORT: usize = 0x80 - 4;

impl Fields {
    #[inline]
    pub(crate) fn written(&self) -> &[u8] {
        &self.bytes[..self.used]
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    /// How much memory they keep.
    #[inline]
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// The place of the next bytes.
    #[inline(always)]
    fn next(&mut self, len: usize) -> Cursor<'_> {
        let end = self.used + len;
        if end > self.bytes.len() {
            self.grow(end);
        }
        let place = self.bytes.get_mut(self.used..end);
        self.used = end;
        Cursor::new(place.unwrap_or_default())
    }

    #[cold]
    fn grow(&mut self, needed: usize) {
        let len = needed.max(2 * self.bytes.len()).max(FIRST_BUFFER);
        self.bytes.resize(len, 0);
    }

    // One function per type of value, whose arguments fit in registers.

    #[inline(never)]
    pub(crate) fn text(&mut self, key: &str, value: &str) {
        let len = field_len(value.len());
        self.write(key, len, |out| out.text(0x0a, value));
    }

    #[inline(never)]
    pub(crate) fn i64(&mut self, key: &str, value: i64) {
        self.write(key, i64_len(value), |out| put_i64(out, value));
    }

    #[inline(never)]
    pub(crate) fn f64(&mut self, key: &str, value: f64) {
        self.write(key, F64, |out| put_f64(out, value));
    }

    #[inline(never)]
    pub(crate) fn bool(&mut self, key: &str, value: bool) {
        self.write(key, BOOL, |out| put_bool(out, value));
    }

    pub(crate) fn value(&mut self, key: &str, value: &Value) {
        self.write(key, value_len(value), |out| put_value(out, value));
    }

    #[inline(always)]
    fn write(&mut self, key: &str, value_len: usize, put: impl Fn(&mut Cursor<'_>)) {
        if key.is_empty() || key.len() + value_len >= SHORT {
            self.write_long(key, value_len, put);
            return;
        }
        let len = 2 + key.len() + 2 + value_len;
        let out = &mut self.next(2 + len);
        out.put([SPAN_ATTRIBUTE, len as u8, 0x0a, key.len() as u8]);
        out.bytes(key.as_bytes());
        out.put([0x12, value_len as u8]);
        put(out);
        debug_assert!(out.is_full());
    }

    #[cold]
    fn write_long(&mut self, key: &str, value_len: usize, put: impl Fn(&mut Cursor<'_>)) {
        let len = text_len(key) + field_len(value_len);
        let out = &mut self.next(field_len(len));
        out.put([SPAN_ATTRIBUTE]);
        out.varint(len as u64);
        out.text_unless_empty(0x0a, key);
        out.put([0x12]);
        out.varint(value_len as u64);
        put(out);
        debug_assert!(out.is_full());
    }
}
