//! The headers of an AMQP 0.9.1 message.

use std::collections::BTreeMap;
use std::mem;

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};

use super::collections::{is, text};
use super::{Carrier, CarrierMut};

/// Most clients write strings as long strings, some as short strings, and a few as bytes.
impl Carrier for FieldTable {
    fn get(&self, key: &str) -> Option<&str> {
        let table = self.inner();
        let mut others = table.iter().filter(|(present, _)| is_key(present, key));
        let value = table.get(key).or_else(|| Some(others.next()?.1));
        value.and_then(value_text)
    }

    fn keys(&self) -> Vec<&str> {
        self.inner().keys().map(ShortString::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Vec<&str> {
        self.inner()
            .iter()
            .filter(|(present, _)| is_key(present, key))
            .map(|(_, value)| value_text(value).unwrap_or_default())
            .collect()
    }
}

/// Values are written as long strings, which every client can read. A key of more than 255 bytes, which
/// AMQP does not allow, is left out.
impl CarrierMut for FieldTable {
    fn set(&mut self, key: &str, value: String) {
        let Ok(name) = ShortString::try_new(key) else {
            return;
        };
        self.remove(key);
        self.insert(name, AMQPValue::LongString(LongString::from(value)));
    }

    fn remove(&mut self, key: &str) {
        if !self.inner().keys().any(|present| is_key(present, key)) {
            return;
        }
        // Entries of the table cannot be removed, so a new table is made.
        let rest: BTreeMap<_, _> = mem::take(self)
            .inner()
            .iter()
            .filter(|(present, _)| !is_key(present, key))
            .map(|(present, value)| (present.clone(), value.clone()))
            .collect();
        *self = rest.into();
    }
}

/// The properties of a message, by its headers.
impl Carrier for BasicProperties {
    fn get(&self, key: &str) -> Option<&str> {
        Carrier::get(self.headers(), key)
    }

    fn keys(&self) -> Vec<&str> {
        Carrier::keys(self.headers())
    }

    fn get_all(&self, key: &str) -> Vec<&str> {
        Carrier::get_all(self.headers(), key)
    }
}

impl CarrierMut for BasicProperties {
    fn set(&mut self, key: &str, value: String) {
        change(self, |headers| headers.set(key, value));
    }

    fn remove(&mut self, key: &str) {
        if self.headers().is_some() {
            change(self, |headers| headers.remove(key));
        }
    }
}

/// Changes a copy of the headers, as properties do not give mutable access to them.
fn change(properties: &mut BasicProperties, change: impl FnOnce(&mut FieldTable)) {
    let mut headers = properties.headers().clone().unwrap_or_default();
    change(&mut headers);
    *properties = mem::take(properties).with_headers(headers);
}

fn is_key(present: &ShortString, key: &str) -> bool {
    is(present.as_str(), key)
}

fn value_text(value: &AMQPValue) -> Option<&str> {
    match value {
        AMQPValue::LongString(value) => text(value.as_bytes()),
        AMQPValue::ShortString(value) => Some(value.as_str()),
        AMQPValue::ByteArray(value) => text(value.as_slice()),
        _ => None,
    }
}
