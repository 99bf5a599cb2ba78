//! Attributes that are encoded as they are collected, for spans that nothing reads before they are exported.

use std::fmt;

use opentelemetry::{KeyValue, Value};

use super::decode;
use super::fields::Fields;

/// The encoded attributes of a span; `None` if they are collected as values.
#[derive(Debug, Default)]
pub(crate) struct Written(Option<Box<Encoded>>);

/// The greatest number of attributes that are encoded, as the keys of all are compared to find duplicates.
pub(crate) const MAX_WRITTEN: usize = 16;

/// Encoded attributes.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Encoded {
    fields: Fields,
    count: usize,
    keys: Keys,
    /// A key was written twice, or was written and then added once more as a value.
    repeats_a_key: bool,
}

/// A Bloom filter of keys: a key whose bit is not set was not written.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Keys(u64);

impl Keys {
    #[inline(always)]
    fn of(key: &str) -> Self {
        let last = key.as_bytes().last().copied().unwrap_or_default();
        Keys(1 << ((5 * key.len() + usize::from(last)) % 64))
    }

    #[inline(always)]
    fn may_have(self, others: Keys) -> bool {
        self.0 & others.0 != 0
    }

    #[inline(always)]
    fn add(&mut self, others: Keys) {
        self.0 |= others.0;
    }
}

impl Encoded {
    fn note(&mut self, key: &str) {
        let bit = Keys::of(key);
        if self.keys.may_have(bit) {
            self.compare(key.as_bytes());
        }
        self.keys.add(bit);
        self.count += 1;
    }

    /// Compares with every key: the bit of this one is set, so it may have been written before.
    #[cold]
    #[inline(never)]
    fn compare(&mut self, key: &[u8]) {
        self.repeats_a_key |= self.has(key);
    }

    /// Notes whether an attribute for which there is no room has the key of an encoded one, and returns that it
    /// is not encoded.
    #[cold]
    #[inline(never)]
    fn leave_out(&mut self, key: &str) -> bool {
        self.compare(key.as_bytes());
        false
    }

    fn has(&self, key: &[u8]) -> bool {
        self.fields.keys().any(|other| other == key)
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.fields.keys().map(String::from_utf8_lossy);
        f.debug_list().entries(keys).finish()
    }
}

/// Writes the functions for each type of value: short attributes are encoded inline, others out of line.
macro_rules! writes {
    ($($name:ident($value:ty): $short:ident;)*) => {
        /// Each function returns whether it encoded the attribute.
        impl Written {
            $(
                #[inline(always)]
                pub(crate) fn $name(&mut self, key: &str, value: $value) -> bool {
                    match &mut self.0 {
                        Some(inner) if inner.count < MAX_WRITTEN => {
                            inner.$name(key, value);
                            true
                        }
                        Some(inner) => inner.leave_out(key),
                        None => false,
                    }
                }
            )*
        }

        impl Encoded {
            $(
                #[inline(always)]
                fn $name(&mut self, key: &str, value: $value) {
                    let bit = Keys::of(key);
                    if self.keys.may_have(bit) || !self.fields.$short(key, value) {
                        // A tail call, so that the caller saves no registers.
                        #[inline(never)]
                        fn out_of_line(encoded: &mut Encoded, key: &str, value: $value) {
                            encoded.note(key);
                            encoded.fields.$name(key, value);
                        }
                        return out_of_line(self, key, value);
                    }
                    self.keys.add(bit);
                    self.count += 1;
                }
            )*
        }
    };
}

writes! {
    text(&str): short_text;
    i64(i64): short_i64;
    f64(f64): short_f64;
    bool(bool): short_bool;
}

impl Written {
    /// Returns whether it encoded the attribute.
    pub(crate) fn value(&mut self, key: &str, value: &Value) -> bool {
        match value {
            Value::I64(value) => self.i64(key, *value),
            Value::String(text) => self.text(key, text.as_str()),
            Value::Bool(value) => self.bool(key, *value),
            Value::F64(value) => self.f64(key, *value),
            value => self.other(key, value),
        }
    }

    fn other(&mut self, key: &str, value: &Value) -> bool {
        match &mut self.0 {
            Some(inner) if inner.count < MAX_WRITTEN => {
                inner.note(key);
                inner.fields.value(key, value);
                true
            }
            Some(inner) => inner.leave_out(key),
            None => false,
        }
    }

    /// Appends encoded attributes, all of them or none, and returns whether it did.
    #[cfg(any(feature = "diesel", feature = "sqlx"))]
    #[inline]
    pub(crate) fn encoded(&mut self, encoded: &Encoded) -> bool {
        match &mut self.0 {
            Some(inner) if inner.count + encoded.count <= MAX_WRITTEN => {
                if inner.keys.may_have(encoded.keys) {
                    let keys = encoded.fields.keys();
                    keys.for_each(|key| inner.compare(key));
                }
                inner.keys.add(encoded.keys);
                inner.count += encoded.count;
                inner.repeats_a_key |= encoded.repeats_a_key;
                inner.fields.copy(encoded.fields.written());
                true
            }
            _ => false,
        }
    }
}

impl Written {
    /// Collects attributes in encoded form; holds none yet.
    pub(crate) fn ready() -> Self {
        Written(Some(Box::default()))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.as_ref().map_or(0, |inner| inner.count)
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |inner| inner.fields.written())
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        let inner = self.0.as_ref();
        inner.is_some_and(|inner| inner.keys.may_have(Keys::of(key)) && inner.has(key.as_bytes()))
    }

    /// Whether a key was written twice, or was written and then added once more as a value.
    #[inline]
    pub(crate) fn repeats_a_key(&self) -> bool {
        self.0.as_ref().is_some_and(|inner| inner.repeats_a_key)
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        if let Some(inner) = &mut self.0 {
            inner.fields.clear();
            inner.count = 0;
            inner.keys = Keys::default();
            inner.repeats_a_key = false;
        }
    }

    /// The size of the buffer.
    #[inline]
    pub(crate) fn capacity(&self) -> usize {
        self.0.as_ref().map_or(0, |inner| inner.fields.capacity())
    }

    /// Decodes the attributes.
    #[cold]
    pub(crate) fn to_values(&self) -> Vec<KeyValue> {
        decode::attributes_in(self.bytes())
    }
}

#[cfg(any(feature = "diesel", feature = "sqlx"))]
impl Encoded {
    pub(crate) fn of(attributes: &[KeyValue]) -> Self {
        let mut encoded = Encoded::default();
        for attribute in attributes {
            encoded.note(attribute.key.as_str());
            encoded
                .fields
                .value(attribute.key.as_str(), &attribute.value);
        }
        encoded
    }
}
