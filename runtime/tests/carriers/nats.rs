//! The headers of a NATS message.

use async_nats::HeaderMap;
use traced::propagation::{Carrier, CarrierMut as _};

use crate::checks::{self, ANOTHER, PARENT, Sample, TRACE, check_carrier, pair, processed, sorted};

/// The headers of NATS are text; its client replaces bytes that are not.
impl Sample for HeaderMap {
    fn with(headers: &[(&str, &[u8])]) -> Self {
        let mut map = HeaderMap::new();
        for (key, value) in headers {
            map.append(*key, &*String::from_utf8_lossy(value));
        }
        map
    }

    fn sent(&self) -> Vec<(String, Vec<u8>)> {
        sorted(self.iter().flat_map(|(name, values)| {
            let value = move |value: &async_nats::HeaderValue| pair(name, value);
            values.iter().map(value)
        }))
    }
}

check_carrier!(header_map: HeaderMap, [("Nats-Msg-Id", b"7"), ("tags", b"a"), ("tags", b"b")]);

#[test]
fn a_message_without_headers_has_no_parent() {
    assert!(crate::checks::is_root(&processed(&None::<HeaderMap>)));
}

#[test]
fn the_key_as_written_comes_first() {
    let headers = HeaderMap::with(&[("TraceParent", b"a"), ("traceparent", b"b")]);
    assert_eq!(Carrier::get(&headers, "traceparent"), Some("b"));
    assert_eq!(Carrier::get(&headers, "TRACEPARENT").map(str::len), Some(1));
}

#[test]
fn keys_and_values_that_no_header_may_have_are_left_out() {
    let mut headers = HeaderMap::new();
    headers.set("a\nkey", "a".to_owned());
    headers.set("key", "a\r\nother: b".to_owned());
    assert!(headers.is_empty());
    let headers = HeaderMap::with(&[("traceparent", PARENT.as_bytes())]);
    assert_eq!(Carrier::get(&headers, "trace\nparent"), None);
    let trace_id = processed(&headers).span_context.trace_id();
    assert_eq!(trace_id.to_string(), TRACE);
}

#[test]
fn two_parents_are_both_ignored() {
    for second in [ANOTHER.as_bytes(), PARENT.as_bytes(), b""] {
        checks::two_parents_are_both_ignored::<HeaderMap>(("traceparent", second));
    }
}

#[test]
fn the_states_of_several_headers_are_joined() {
    checks::the_states_of_several_headers_are_joined::<HeaderMap>();
}
