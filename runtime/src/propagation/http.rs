//! The headers of an HTTP message.

use http::Request;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::{Carrier, CarrierMut};

impl Carrier for HeaderMap {
    fn get(&self, key: &str) -> Option<&str> {
        HeaderMap::get(self, key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        HeaderMap::keys(self).map(HeaderName::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Vec<&str> {
        HeaderMap::get_all(self, key)
            .iter()
            .map(|value| value.to_str().unwrap_or_default())
            .collect()
    }
}

/// A value that cannot be a header, such as a value with a line break, is left out.
impl CarrierMut for HeaderMap {
    fn set(&mut self, key: &str, value: String) {
        let name = HeaderName::try_from(key);
        let value = HeaderValue::try_from(value);
        if let (Ok(name), Ok(value)) = (name, value) {
            self.insert(name, value);
        }
    }

    fn remove(&mut self, key: &str) {
        HeaderMap::remove(self, key);
    }
}

macro_rules! requests {
    ($([$($generics:tt)*] $request:ty;)*) => {$(
        /// An incoming request, by its headers.
        impl<$($generics)*> Carrier for $request {
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

        /// An outgoing request, by its headers.
        impl<$($generics)*> CarrierMut for $request {
            fn set(&mut self, key: &str, value: String) {
                self.headers_mut().set(key, value);
            }

            fn remove(&mut self, key: &str) {
                CarrierMut::remove(self.headers_mut(), key);
            }
        }
    )*};
}

requests! {
    [B] Request<B>;
}

#[cfg(feature = "reqwest")]
requests! {
    [] reqwest::Request;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_in_any_case() {
        let mut headers = HeaderMap::new();
        headers.set("traceparent", "a".to_owned());
        headers.set("TraceParent", "b".to_owned());
        assert_eq!(Carrier::get(&headers, "TRACEPARENT"), Some("b"));
        assert_eq!(Carrier::keys(&headers), ["traceparent"]);
    }

    #[test]
    fn an_invalid_header_is_left_out() {
        let mut headers = HeaderMap::new();
        headers.set("a key", "a".to_owned());
        headers.set("key", "a\nb".to_owned());
        assert!(headers.is_empty());
    }
}
