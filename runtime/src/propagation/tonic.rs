//! The metadata of a gRPC call, which are the headers of an HTTP request.

use http::HeaderMap;
use tonic::Request;
use tonic::metadata::MetadataMap;

use super::{Carrier, CarrierMut};

/// The suffix of keys whose values are bytes in base64.
const BINARY: &str = "-bin";

impl Carrier for MetadataMap {
    fn get(&self, key: &str) -> Option<&str> {
        Carrier::get(headers(self, key)?, key)
    }

    fn keys(&self) -> Vec<&str> {
        Carrier::keys(AsRef::<HeaderMap>::as_ref(self))
    }

    fn get_all(&self, key: &str) -> Vec<&str> {
        headers(self, key).map_or_else(Vec::new, |headers| Carrier::get_all(headers, key))
    }
}

/// Invalid metadata is left out: a value with a line break, or a string under a key for bytes.
impl CarrierMut for MetadataMap {
    fn set(&mut self, key: &str, value: String) {
        if !is_binary(key) {
            AsMut::<HeaderMap>::as_mut(self).set(key, value);
        }
    }

    fn remove(&mut self, key: &str) {
        CarrierMut::remove(AsMut::<HeaderMap>::as_mut(self), key);
    }
}

fn headers<'m>(metadata: &'m MetadataMap, key: &str) -> Option<&'m HeaderMap> {
    (!is_binary(key)).then(|| metadata.as_ref())
}

fn is_binary(key: &str) -> bool {
    let end = key.len().saturating_sub(BINARY.len());
    key.as_bytes()[end..].eq_ignore_ascii_case(BINARY.as_bytes())
}

/// An incoming call with any message.
impl<M> Carrier for Request<M> {
    fn get(&self, key: &str) -> Option<&str> {
        Carrier::get(self.metadata(), key)
    }

    fn keys(&self) -> Vec<&str> {
        Carrier::keys(self.metadata())
    }

    fn get_all(&self, key: &str) -> Vec<&str> {
        Carrier::get_all(self.metadata(), key)
    }
}

/// An outgoing call with any message.
impl<M> CarrierMut for Request<M> {
    fn set(&mut self, key: &str, value: String) {
        self.metadata_mut().set(key, value);
    }

    fn remove(&mut self, key: &str) {
        CarrierMut::remove(self.metadata_mut(), key);
    }
}
