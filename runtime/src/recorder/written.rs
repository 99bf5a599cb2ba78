//! Attributes that are encoded while they are collected, for a span that nobody looks at before it is
//! exported.

use std::fmt;

use opentelemetry::{KeyValue, Value};

use super::decode;
use super::encode::{write_bool, write_f64, write_i64, write_text, write_value};

/// Attributes of a span as OTLP sends them, or nothing, where they are collected as values.
#[derive(Debug, Default)]
pub(crate) struct Written(Option<Box<Inner>>);

/// At most so many attributes are written: their keys are compared with each other.
pub(super) const MOST: usize = 8;

#[derive(Default)]
struct Inner {
    bytes: Vec<u8>,
    keys: [&'static str; MOST],
    count: usize,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.keys[..self.count]).finish()
    }
}

/// Each says whether the attribute was written.
impl Written {
    #[inline]
    pub(crate) fn text(&mut self, key: &'static str, value: &str) -> bool {
        self.write(key, |bytes| write_text(bytes, key, value))
    }

    #[inline]
    pub(crate) fn i64(&mut self, key: &'static str, value: i64) -> bool {
        self.write(key, |bytes| write_i64(bytes, key, value))
    }

    #[inline]
    pub(crate) fn f64(&mut self, key: &'static str, value: f64) -> bool {
        self.write(key, |bytes| write_f64(bytes, key, value))
    }

    #[inline]
    pub(crate) fn bool(&mut self, key: &'static str, value: bool) -> bool {
        self.write(key, |bytes| write_bool(bytes, key, value))
    }

    #[inline]
    pub(crate) fn value(&mut self, key: &'static str, value: &Value) -> bool {
        self.write(key, |bytes| write_value(bytes, key, value))
    }

    #[inline(always)]
    fn write(&mut self, key: &'static str, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        let Some(inner) = &mut self.0 else {
            return false;
        };
        let Some(place) = inner.keys.get_mut(inner.count) else {
            return false;
        };
        *place = key;
        inner.count += 1;
        write(&mut inner.bytes);
        true
    }
}

impl Written {
    /// Takes the memory, to write to it; nothing is written yet.
    #[inline]
    pub(super) fn start(&mut self) -> Self {
        Written(Some(self.0.take().unwrap_or_default()))
    }

    pub(super) fn count(&self) -> usize {
        self.0.as_ref().map_or(0, |inner| inner.count)
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |inner| &inner.bytes)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        let inner = self.0.as_ref();
        inner.is_some_and(|inner| inner.keys[..inner.count].contains(&key))
    }

    /// Whether a key was written twice.
    #[inline]
    pub(super) fn has_one_twice(&self) -> bool {
        self.0.as_ref().is_some_and(|inner| {
            let keys = &inner.keys[..inner.count];
            let mut places = keys.iter().enumerate();
            places.any(|(place, key)| keys[..place].contains(key))
        })
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        if let Some(inner) = &mut self.0 {
            inner.bytes.clear();
            inner.count = 0;
        }
    }

    /// How much memory it keeps.
    #[inline]
    pub(super) fn capacity(&self) -> usize {
        self.0.as_ref().map_or(0, |inner| inner.bytes.capacity())
    }

    /// As values again.
    #[cold]
    pub(super) fn to_values(&self) -> Vec<KeyValue> {
        decode::attributes_in(self.bytes())
    }
}
