//! The attributes of a span or an event while they are collected.

use std::fmt::{self, Debug, Display, Write as _};
use std::iter;

use opentelemetry::{Key, KeyValue, StringValue, Value};

#[cfg(any(feature = "diesel", feature = "sqlx"))]
use crate::encoding::Encoded;
use crate::encoding::Written;

/// The attributes of a span in the order in which they were added: as values, or encoded. Where there are both, those
/// that are encoded come first.
#[derive(Debug, Default)]
pub struct Attributes {
    pub(crate) values: Vec<KeyValue>,
    pub(crate) written: Written,
}

impl Attributes {
    #[inline]
    pub(crate) fn with_capacity(count: usize) -> Self {
        Attributes {
            values: Vec::with_capacity(count),
            written: Written::default(),
        }
    }

    /// `key = value`: a typed value; `None` records nothing.
    #[inline]
    pub fn value<V: ToValue + ?Sized>(&mut self, key: &'static str, value: &V) {
        value.add_to(self, key);
    }

    /// `key = %value`.
    pub fn display<V: Display + ?Sized>(&mut self, key: &'static str, value: &V) {
        self.push_text(key, printed(format_args!("{value}")));
    }

    /// `key = ?value`.
    pub fn debug<V: Debug + ?Sized>(&mut self, key: &'static str, value: &V) {
        self.push_text(key, printed(format_args!("{value:?}")));
    }

    fn push_text(&mut self, key: &'static str, text: String) {
        if !self.written.text(key, &text) {
            self.push(key, text.into());
        }
    }

    // One function per type of value, so that the arguments fit in registers: a callee that reads a `Value` right
    // after it was stored to memory stalls. Encoding calls no function and saves no registers; values are
    // pushed out of line.

    /// `key = "literal"`, which is not copied.
    #[inline(never)]
    pub fn literal(&mut self, key: &'static str, value: &'static str) {
        if !self.written.text(key, value) {
            self.push_literal(key, value);
        }
    }

    #[inline(never)]
    pub(crate) fn push_str(&mut self, key: &'static str, value: &str) {
        if !self.written.text(key, value) {
            self.push_copied(key, value);
        }
    }

    #[inline(never)]
    pub(crate) fn push_i64(&mut self, key: &'static str, value: i64) {
        if !self.written.i64(key, value) {
            self.push_plain(key, move || Value::I64(value));
        }
    }

    #[inline(never)]
    pub(crate) fn push_f64(&mut self, key: &'static str, value: f64) {
        if !self.written.f64(key, value) {
            self.push_plain(key, move || Value::F64(value));
        }
    }

    #[inline(never)]
    pub(crate) fn push_bool(&mut self, key: &'static str, value: bool) {
        if !self.written.bool(key, value) {
            self.push_plain(key, move || Value::Bool(value));
        }
    }

    pub(crate) fn push(&mut self, key: &'static str, value: Value) {
        if !self.written.value(key, &value) {
            self.push_with(key, || value);
        }
    }

    /// Attributes that are the same for many spans.
    #[cfg(any(feature = "diesel", feature = "sqlx"))]
    #[inline(never)]
    pub(crate) fn constant(&mut self, constant: &Constant) {
        if !self.written.encoded(&constant.encoded) {
            // As many as there is room for are encoded, since those that are encoded come first in the span.
            for attribute in &constant.values {
                if !self.written.value(attribute.key.as_str(), &attribute.value) {
                    self.values.push(attribute.clone());
                }
            }
        }
    }

    #[inline(never)]
    fn push_literal(&mut self, key: &'static str, value: &'static str) {
        self.push_with(key, || Value::String(value.into()));
    }

    #[inline(never)]
    fn push_copied(&mut self, key: &'static str, value: &str) {
        let value = StringValue::from(value.to_owned());
        self.push_with(key, move || Value::String(value));
    }

    #[inline(never)]
    fn push_plain(&mut self, key: &'static str, value: impl FnOnce() -> Value) {
        self.push_with(key, value);
    }

    /// Reserves the place first, so that the value is made where it stays.
    #[inline(always)]
    fn push_with(&mut self, key: &'static str, value: impl FnOnce() -> Value) {
        let attribute = move || KeyValue::new(Key::from_static_str(key), value());
        self.values.extend(iter::once_with(attribute));
    }
}

/// The text of a value of the user. If its `Display` or `Debug` returns an error, on which `to_string` and `format!`
/// panic, this is the text up to the error.
pub(crate) fn printed(value: fmt::Arguments<'_>) -> String {
    let mut text = String::new();
    let _ = text.write_fmt(value);
    text
}

/// Attributes that are the same for many spans: as values, and encoded.
#[cfg(any(feature = "diesel", feature = "sqlx"))]
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Constant {
    values: Vec<KeyValue>,
    encoded: Encoded,
}

#[cfg(any(feature = "diesel", feature = "sqlx"))]
impl Constant {
    pub(crate) fn new(fill: impl FnOnce(&mut Attributes)) -> Self {
        let mut attributes = Attributes::default();
        fill(&mut attributes);
        Constant {
            encoded: Encoded::of(&attributes.values),
            values: attributes.values,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

/// A value that an attribute can hold with its own type.
///
/// Integers, also as [`NonZero`], [`Wrapping`] and [`Saturating`], floats, `bool`, `char` and strings; IP and socket
/// addresses, as they are displayed; paths and `OsStr`, in which U+FFFD replaces what is not Unicode; what
/// [`format_args!`] returns; arrays, slices and `Vec` of one of these; references and pointers to them; `Option`, of
/// which `None` records nothing. An integer that does not fit an `i64` becomes a string of its digits, and an array that
/// holds such an integer becomes an array of strings: no value wraps.
///
/// A [`Duration`] has no value, because there are attributes in seconds and in milliseconds: write
/// `key = time.as_secs_f64()`, or `?time` for its text. Nor have `SystemTime` and `Instant`, which have no text, and
/// atomics and cells, which have to be read first.
///
/// Specification: OpenTelemetry, *Common*, "Attribute".
///
/// [`NonZero`]: std::num::NonZero
/// [`Wrapping`]: std::num::Wrapping
/// [`Saturating`]: std::num::Saturating
/// [`Duration`]: std::time::Duration
///
/// ```
/// use std::net::Ipv4Addr;
///
/// use opentelemetry::Value;
/// use traced::ToValue;
///
/// assert_eq!(7_u8.to_value(), Some(Value::I64(7)));
/// assert_eq!(Ipv4Addr::LOCALHOST.to_value(), Some("127.0.0.1".into()));
/// assert_eq!(u64::MAX.to_value(), Some("18446744073709551615".into()));
/// assert_eq!(None::<bool>.to_value(), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type that an attribute can hold",
    label = "not a number, a `bool`, a string, or a list of one of them",
    note = "write `%` before the value to record its `Display`, or `?` to record its `Debug`"
)]
pub trait ToValue {
    /// The value, or `None` if there is nothing to record.
    fn to_value(&self) -> Option<Value>;

    /// Adds the value to `attributes`. Types that have a `push_` function override this to make no `Value`.
    #[doc(hidden)]
    #[inline]
    fn add_to(&self, attributes: &mut Attributes, key: &'static str) {
        if let Some(value) = self.to_value() {
            attributes.push(key, value);
        }
    }
}
