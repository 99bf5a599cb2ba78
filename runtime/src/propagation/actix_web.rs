//! The headers of actix-web's requests, which have a type of their own.

use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

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
            let _ = self.insert(name, value);
        }
    }

    fn remove(&mut self, key: &str) {
        let _ = HeaderMap::remove(self, key);
    }
}

macro_rules! requests {
    ($($request:ty),*) => {$(
        /// An incoming request, by its headers.
        impl Carrier for $request {
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
    )*};
}

requests!(HttpRequest, ServiceRequest);
