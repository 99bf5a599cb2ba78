//! The headers of an HTTP message.

use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::{Carrier, CarrierMut};

impl Carrier for HeaderMap {
    fn get(&self, key: &str) -> Option<&str> {
        HeaderMap::get(self, key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        HeaderMap::keys(self).map(HeaderName::as_str).collect()
    }
}

/// What cannot be a header (a propagator that writes line breaks) is left out.
impl CarrierMut for HeaderMap {
    fn set(&mut self, key: &str, value: String) {
        let name = HeaderName::try_from(key);
        let value = HeaderValue::try_from(value);
        if let (Ok(name), Ok(value)) = (name, value) {
            self.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_found_in_any_case() {
        let mut headers = HeaderMap::new();
        headers.set("traceparent", "a".to_owned());
        headers.set("TraceParent", "b".to_owned());
        assert_eq!(Carrier::get(&headers, "TRACEPARENT"), Some("b"));
        assert_eq!(Carrier::keys(&headers), ["traceparent"]);
    }

    #[test]
    fn what_cannot_be_a_header_is_left_out() {
        let mut headers = HeaderMap::new();
        headers.set("a key", "a".to_owned());
        headers.set("key", "a\nb".to_owned());
        assert!(headers.is_empty());
    }
}
