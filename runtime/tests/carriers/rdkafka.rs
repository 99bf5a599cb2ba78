//! The headers of a Kafka record, owned and borrowed.

use rdkafka::message::{Header, Headers as _, OwnedHeaders};
use traced::propagation::Carrier;

use crate::checks::{ANOTHER, PARENT, Sample, TRACE, check_carrier, pair, processed, sent, sorted};

impl Sample for OwnedHeaders {
    fn with(headers: &[(&str, &[u8])]) -> Self {
        headers
            .iter()
            .fold(OwnedHeaders::new(), |all, (key, value)| {
                all.insert(Header {
                    key,
                    value: Some(*value),
                })
            })
    }

    fn sent(&self) -> Vec<(String, Vec<u8>)> {
        let value = |header: Header<'_, &[u8]>| pair(header.key, header.value.unwrap());
        sorted(self.iter().map(value))
    }
}

check_carrier!(owned: OwnedHeaders, [("x-tenant", b"acme"), ("x-tenant", b"\xff"), ("empty", b"")]);

#[test]
fn borrowed_headers_are_read_as_owned_ones_are() {
    let headers = OwnedHeaders::with(&[("TraceParent", PARENT.as_bytes())]);
    let borrowed = headers.as_borrowed();
    let (of_owned, of_borrowed) = (processed(&headers), processed(&borrowed));
    for span in [of_owned, of_borrowed, processed(&Some(borrowed))] {
        assert_eq!(span.span_context.trace_id().to_string(), TRACE);
    }
}

#[test]
fn of_two_parents_the_latest_counts() {
    let headers = OwnedHeaders::with(&[
        ("traceparent", ANOTHER.as_bytes()),
        ("traceparent", PARENT.as_bytes()),
    ]);
    let span = processed(headers.as_borrowed());
    assert_eq!(span.span_context.trace_id().to_string(), TRACE);
}

#[test]
fn a_header_without_a_value_stays_and_is_no_parent() {
    let null = Header {
        key: "traceparent",
        value: None::<&[u8]>,
    };
    let headers = OwnedHeaders::new().insert(null.clone());
    assert_eq!(Carrier::get(&headers, "traceparent"), None);
    let tombstone = Header { key: "x", ..null };
    let (headers, _) = sent(headers.insert(tombstone.clone()));
    assert_eq!(headers.iter().next(), Some(tombstone));
    assert_eq!(headers.count(), 2);
}
