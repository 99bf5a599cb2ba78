//! The headers of actix-web, and the requests that hold them.

use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::test::TestRequest;
use traced::propagation::{Carrier, CarrierMut};

use crate::checks::{self, ANOTHER, PARENT, Sample, TRACE, check_carrier, pair, processed, sorted};

impl Sample for HeaderMap {
    fn with(headers: &[(&str, &[u8])]) -> Self {
        let mut map = HeaderMap::new();
        for (key, value) in headers {
            let name = HeaderName::from_bytes(key.as_bytes()).unwrap();
            map.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        map
    }

    fn sent(&self) -> Vec<(String, Vec<u8>)> {
        sorted(self.iter().map(|(name, value)| pair(name.as_str(), value)))
    }
}

check_carrier!(header_map: HeaderMap, [("x-tenant", b"acme"), ("x-tenant", b"\xff")]);

#[test]
fn keys_and_values_that_no_header_may_have_are_left_out() {
    let mut headers = HeaderMap::new();
    headers.set("a key", "a".to_owned());
    headers.set("key", "a\r\nset-cookie: b".to_owned());
    assert!(headers.is_empty());
}

#[test]
fn two_parents_are_both_ignored() {
    for second in [ANOTHER.as_bytes(), PARENT.as_bytes(), b"\xff", b""] {
        checks::two_parents_are_both_ignored::<HeaderMap>(("traceparent", second));
    }
}

#[test]
fn the_states_of_several_headers_are_joined() {
    checks::the_states_of_several_headers_are_joined::<HeaderMap>();
}

/// Propagators ask for all values of a key; a program may ask for one.
#[test]
fn the_first_value_of_a_key_is_given() {
    let headers = HeaderMap::with(&[("x-tenant", b"acme"), ("x-tenant", b"globex")]);
    assert_eq!(Carrier::get(&headers, "X-Tenant"), Some("acme"));
    assert_eq!(Carrier::get(&headers, "x-other"), None);
}

fn are_read<R: Carrier>(request: R) {
    let span = processed(&request);
    assert_eq!(span.span_context.trace_id().to_string(), TRACE);
    assert_eq!(request.get("x-tenant"), Some("acme"));
    assert_eq!(request.keys().len(), 2);
}

#[test]
fn requests_are_read_by_their_headers() {
    let request = || {
        let request = TestRequest::default().insert_header(("traceparent", PARENT));
        request.insert_header(("x-tenant", "acme"))
    };
    are_read::<HttpRequest>(request().to_http_request());
    are_read::<ServiceRequest>(request().to_srv_request());
}
