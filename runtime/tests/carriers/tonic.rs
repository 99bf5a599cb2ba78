//! The metadata of a gRPC call, and a call that holds it.

use http::HeaderMap;
use tonic::Request;
use tonic::metadata::{MetadataMap, MetadataValue};
use traced::propagation::{Carrier, CarrierMut};

use crate::checks::{self, ANOTHER, PARENT, Sample, check_carrier, sent};

impl Sample for MetadataMap {
    fn with(headers: &[(&str, &[u8])]) -> Self {
        MetadataMap::from_headers(HeaderMap::with(headers))
    }

    fn sent(&self) -> Vec<(String, Vec<u8>)> {
        self.clone().into_headers().sent()
    }
}

impl Sample for Request<()> {
    fn with(headers: &[(&str, &[u8])]) -> Self {
        Request::from_parts(MetadataMap::with(headers), Default::default(), ())
    }

    fn sent(&self) -> Vec<(String, Vec<u8>)> {
        self.metadata().sent()
    }
}

check_carrier!(metadata: MetadataMap, [("x-tenant", b"acme"), ("x-blob-bin", b"/wA")]);
check_carrier!(request: Request<()>, [("x-tenant", b"acme"), ("x-tenant", b"globex")]);

#[test]
fn binary_metadata_stays() {
    let mut metadata = MetadataMap::new();
    let blob = MetadataValue::from_bytes(&[0xff, 0x00]);
    metadata.insert_bin("x-blob-bin", blob.clone());
    let (metadata, _) = sent(metadata);
    assert_eq!(metadata.get_bin("x-blob-bin"), Some(&blob));
}

#[test]
fn text_under_a_key_for_bytes_is_neither_read_nor_written() {
    let mut metadata = MetadataMap::with(&[("x-blob-bin", b"/wA")]);
    assert_eq!(Carrier::get(&metadata, "x-blob-bin"), None);
    assert!(Carrier::get_all(&metadata, "x-Blob-Bin").is_empty());
    metadata.set("x-other-bin", "text".to_owned());
    metadata.set("bin", "a".to_owned());
    assert_eq!(metadata.len(), 2);
}

#[test]
fn two_parents_are_both_ignored() {
    for second in [ANOTHER.as_bytes(), PARENT.as_bytes(), b"\xff", b""] {
        checks::two_parents_are_both_ignored::<MetadataMap>(("traceparent", second));
    }
}

#[test]
fn the_states_of_several_headers_are_joined() {
    checks::the_states_of_several_headers_are_joined::<MetadataMap>();
}

/// Propagators ask for all values of a key; a program may ask for one.
#[test]
fn a_call_gives_the_value_of_a_key() {
    let call = Request::with(&[("x-tenant", b"acme")]);
    assert_eq!(Carrier::get(&call, "x-tenant"), Some("acme"));
    assert_eq!(Carrier::get(&call, "x-other"), None);
}
