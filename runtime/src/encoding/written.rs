//! Attributes that are encoded while they are collected, for a span that is not read before it is
//! exported.

use std::fmt;

use opentelemetry::{KeyValue, Value};

use super::attributes::Fields;
use super::decode;

/// Attributes of a span as OTLP sends them, or nothing, where they are collected as values.
#[derive(Debug, Default)]
pub(crate) struct Written(Option<Box<Inner>>);

/// At most so many attributes are written: their keys are compared with each other.
pub(crate) const MAX_WRITTEN: usize = 8;

#[derive(Default)]
struct Inner {
    fields: Fields,
    keys: [&'static str; MAX_WRITTEN],
    count: usize,
    /// A bit for the length of each key.
    lengths: u64,
    /// Two keys are as long, so they may be the same.
    may_repeat: bool,
}

impl Inner {
    #[cold]
    fn repeats(&self) -> bool {
        let keys = &self.keys[..self.count];
        let mut places = keys.iter().enumerate();
        places.any(|(place, key)| keys[..place].contains(key))
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.keys[..self.count]).finish()
    }
}

/// Each function returns whether the attribute was written.
impl Written {
    #[inline]
    pub(crate) fn text(&mut self, key: &'static str, value: &str) -> bool {
        self.write(key, |fields| fields.text(key, value))
    }

    #[inline]
    pub(crate) fn i64(&mut self, key: &'static str, value: i64) -> bool {
        self.write(key, |fields| fields.i64(key, value))
    }

    #[inline]
    pub(crate) fn f64(&mut self, key: &'static str, value: f64) -> bool {
        self.write(key, |fields| fields.f64(key, value))
    }

    #[inline]
    pub(crate) fn bool(&mut self, key: &'static str, value: bool) -> bool {
        self.write(key, |fields| fields.bool(key, value))
    }

    #[inline]
    pub(crate) fn value(&mut self, key: &'static str, value: &Value) -> bool {
        self.write(key, |fields| fields.value(key, value))
    }

    #[inline(always)]
    fn write(&mut self, key: &'static str, write: impl FnOnce(&mut Fields)) -> bool {
        let Some(inner) = &mut self.0 else {
            return false;
        };
        let Some(place) = inner.keys.get_mut(inner.count) else {
            return false;
        };
        *place = key;
        inner.count += 1;
        let length = 1 << (key.len() % 64);
        inner.may_repeat |= inner.lengths & length != 0;
        inner.lengths |= length;
        write(&mut inner.fields);
        true
    }
}

impl Written {
    /// Takes the memory, to write to it; nothing is written yet.
    #[inline]
    pub(crate) fn start(&mut self) -> Self {
        Written(Some(self.0.take().unwrap_or_default()))
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
        inner.is_some_and(|inner| inner.keys[..inner.count].contains(&key))
    }

    /// Whether a key was written twice.
    #[inline]
    pub(crate) fn has_one_twice(&self) -> bool {
        let inner = self.0.as_ref();
        inner.is_some_and(|inner| inner.may_repeat && inner.repeats())
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        if let Some(inner) = &mut self.0 {
            inner.fields.clear();
            inner.count = 0;
            inner.lengths = 0;
            inner.may_repeat = false;
        }
    }

    /// How much memory it keeps.
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
