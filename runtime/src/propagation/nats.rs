//! The headers of a NATS message.

use async_nats::header::{HeaderMap, HeaderName, HeaderValue};

use super::collections::is;
use super::{Carrier, CarrierMut};

/// Header names of NATS are case-sensitive; a name in the same case as the key takes precedence.
impl Carrier for HeaderMap {
    fn get(&self, key: &str) -> Option<&str> {
        let exact = HeaderName::try_from(key).ok();
        let exact = exact.and_then(|name| HeaderMap::get(self, name));
        match exact {
            Some(value) => Some(value.as_str()),
            None => Carrier::get_all(self, key).first().copied(),
        }
    }

    fn keys(&self) -> Vec<&str> {
        self.iter().map(|(name, _)| name.as_ref()).collect()
    }

    fn get_all(&self, key: &str) -> Vec<&str> {
        self.iter()
            .filter(|(name, _)| is(*name, key))
            .flat_map(|(_, values)| values.iter().map(HeaderValue::as_str))
            .collect()
    }
}

/// A value that cannot be a header, such as a value with a line break, is left out.
impl CarrierMut for HeaderMap {
    fn set(&mut self, key: &str, value: String) {
        let name = HeaderName::try_from(key);
        if let (Ok(name), Ok(value)) = (name, value.parse::<HeaderValue>()) {
            self.remove(key);
            self.insert(name, value);
        }
    }

    fn remove(&mut self, key: &str) {
        if !self.iter().any(|(name, _)| is(name, key)) {
            return;
        }
        // Entries of the map cannot be removed, so a new map is made.
        let mut rest = HeaderMap::new();
        for (name, values) in self.iter().filter(|(name, _)| !is(*name, key)) {
            for value in values {
                rest.append(name.clone(), value.clone());
            }
        }
        *self = rest;
    }
}
