//! In place of `written.rs` where the feature `init` is off: no attribute is encoded, as nothing is exported.

use opentelemetry::{KeyValue, Value};

/// Never holds an attribute.
#[derive(Debug, Default)]
pub(crate) struct Written;

pub(crate) const MAX_WRITTEN: usize = 0;

impl Written {
    #[inline(always)]
    pub(crate) fn text(&mut self, _: &'static str, _: &str) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) fn i64(&mut self, _: &'static str, _: i64) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) fn f64(&mut self, _: &'static str, _: f64) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) fn bool(&mut self, _: &'static str, _: bool) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) fn value(&mut self, _: &str, _: &Value) -> bool {
        false
    }

    #[cfg(any(feature = "diesel", feature = "sqlx"))]
    #[inline(always)]
    pub(crate) fn encoded(&mut self, _: &Encoded) -> bool {
        false
    }

    pub(crate) fn ready() -> Self {
        Written
    }

    pub(crate) fn count(&self) -> usize {
        0
    }

    pub(crate) fn has(&self, _: &str) -> bool {
        false
    }

    pub(crate) fn repeats_a_key(&self) -> bool {
        false
    }

    pub(crate) fn clear(&mut self) {}

    pub(crate) fn capacity(&self) -> usize {
        0
    }

    pub(crate) fn to_values(&self) -> Vec<KeyValue> {
        Vec::new()
    }
}

/// Never holds an attribute.
#[cfg(any(feature = "diesel", feature = "sqlx"))]
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Encoded;

#[cfg(any(feature = "diesel", feature = "sqlx"))]
impl Encoded {
    pub(crate) fn of(_: &[KeyValue]) -> Self {
        Encoded
    }
}
