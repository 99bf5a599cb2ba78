//! The attributes of a span or an event while they are collected.

use std::fmt::{Debug, Display};
use std::iter;

use opentelemetry::{Key, KeyValue, StringValue, Value};

/// The attributes of a span, in the order in which they were written.
#[derive(Debug, Default)]
pub struct Attributes(pub(crate) Vec<KeyValue>);

impl Attributes {
    #[inline]
    pub(crate) fn with_capacity(count: usize) -> Self {
        Attributes(Vec::with_capacity(count))
    }

    /// `key = %value`.
    pub fn display<V: Display + ?Sized>(&mut self, key: &'static str, value: &V) {
        self.push_text(key, value.to_string());
    }

    /// `key = ?value`.
    pub fn debug<V: Debug + ?Sized>(&mut self, key: &'static str, value: &V) {
        self.push_text(key, format!("{value:?}"));
    }

    fn push_text(&mut self, key: &'static str, text: String) {
        self.push(key, text.into());
    }

    // One function for each type of value, called with arguments that fit in registers: a `Value` that is
    // written here and read at once by the callee would stall.

    /// `key = "literal"`, which is not copied.
    #[inline(never)]
    pub fn literal(&mut self, key: &'static str, value: &'static str) {
        self.push_with(key, || Value::String(value.into()));
    }

    #[inline(never)]
    pub(crate) fn push_str(&mut self, key: &'static str, value: &str) {
        let value = StringValue::from(value.to_owned());
        self.push_with(key, move || Value::String(value));
    }

    #[inline(never)]
    pub(crate) fn push_i64(&mut self, key: &'static str, value: i64) {
        self.push_with(key, || Value::I64(value));
    }

    #[inline(never)]
    pub(crate) fn push_f64(&mut self, key: &'static str, value: f64) {
        self.push_with(key, || Value::F64(value));
    }

    #[inline(never)]
    pub(crate) fn push_bool(&mut self, key: &'static str, value: bool) {
        self.push_with(key, || Value::Bool(value));
    }

    pub(crate) fn push(&mut self, key: &'static str, value: Value) {
        self.push_with(key, || value);
    }

    /// Reserves the place first, so that the value is made where it stays.
    #[inline(always)]
    fn push_with(&mut self, key: &'static str, value: impl FnOnce() -> Value) {
        let attribute = move || KeyValue::new(Key::from_static_str(key), value());
        self.0.extend(iter::once_with(attribute));
    }
}
