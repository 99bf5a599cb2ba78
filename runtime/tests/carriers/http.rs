//! `http::HeaderMap`, and a request that holds one.

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Request};
use traced::propagation::{Carrier as _, CarrierMut as _};

use crate::checks::{
    self, ANOTHER, PARENT, Sample, TRACE, check_carrier, pair, processed, sent, sorted,
};

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

impl Sample for Request<()> {
    fn with(headers: &[(&str, &[u8])]) -> Self {
        let mut request = Request::new(());
        *request.headers_mut() = HeaderMap::with(headers);
        request
    }

    fn sent(&self) -> Vec<(String, Vec<u8>)> {
        self.headers().sent()
    }
}

check_carrier!(header_map: HeaderMap, [("x-tenant", b"acme"), ("x-tenant", b"\xff")]);
check_carrier!(request: Request<()>, [("x-tenant", b"acme"), ("x-tenant", b"\xff")]);

#[test]
fn a_request_keeps_its_body() {
    let (request, _) = sent(Request::new("body"));
    assert_eq!(*request.body(), "body");
    assert_eq!(request.headers().len(), 1);
}

#[test]
fn a_span_of_a_server_is_in_the_trace_of_its_request() {
    let request = Request::builder()
        .header("TraceParent", PARENT)
        .body(())
        .unwrap();
    let span = processed(&request);
    assert_eq!(span.span_context.trace_id().to_string(), TRACE);
}

#[test]
fn keys_and_values_that_no_header_may_have_are_left_out() {
    let mut request = Request::new(());
    request.set("a key", "a".to_owned());
    request.set("key", "a\r\nset-cookie: b".to_owned());
    assert!(request.keys().is_empty());
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

#[cfg(feature = "reqwest")]
mod reqwest {
    use ::reqwest::{Method, Request, Url};

    use super::*;

    impl Sample for Request {
        fn with(headers: &[(&str, &[u8])]) -> Self {
            let url = Url::parse("http://orders/7").unwrap();
            let mut request = Request::new(Method::GET, url);
            *request.headers_mut() = HeaderMap::with(headers);
            request
        }

        fn sent(&self) -> Vec<(String, Vec<u8>)> {
            self.headers().sent()
        }
    }

    check_carrier!(request: Request, [("x-tenant", b"acme"), ("x-tenant", b"\xff")]);
}
