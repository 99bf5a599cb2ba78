//! The fields of an entry in a Redis stream.
//!
//! The fields for `XADD` are a list or a map, for which `collections.rs` implements the traits.

use redis::Value;
use redis::streams::StreamId;

use super::collections::{is, text};
use super::{Carrier, CarrierMut};

/// An entry as `XREAD`, `XREADGROUP`, `XRANGE` and `XCLAIM` return it.
impl Carrier for StreamId {
    fn get(&self, key: &str) -> Option<&str> {
        let mut others = self.map.iter().filter(|(present, _)| is(*present, key));
        let value = self.map.get(key).or_else(|| Some(others.next()?.1));
        value.and_then(value_text)
    }

    fn keys(&self) -> Vec<&str> {
        self.map.keys().map(String::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Vec<&str> {
        self.map
            .iter()
            .filter(|(present, _)| is(*present, key))
            .map(|(_, value)| value_text(value).unwrap_or_default())
            .collect()
    }
}

/// An entry that will be added again, for example to a dead-letter stream.
impl CarrierMut for StreamId {
    fn set(&mut self, key: &str, value: String) {
        self.remove(key);
        let value = Value::BulkString(value.into_bytes());
        self.map.insert(key.to_owned(), value);
    }

    fn remove(&mut self, key: &str) {
        self.map.retain(|present, _| !is(present, key));
    }
}

fn value_text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => text(bytes),
        Value::SimpleString(value) | Value::VerbatimString { text: value, .. } => Some(value),
        _ => None,
    }
}
