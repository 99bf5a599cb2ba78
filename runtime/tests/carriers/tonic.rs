//! The metadata of a gRPC call, and a call that holds it.

use http::HeaderMap;
use tonic::Request;
use tonic::metadata::{MetadataMap, MetadataValue};
use traced::propagation::{Carrier, CarrierMut};

use crate::questions::{self, ANOTHER, PARENT, Sample, ask, sent};

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

ask!(metadata: MetadataMap, [("x-tenant", b"acme"), ("x-blob-bin", b"/wA")]);
ask!(request: Request<()>, [("x-tenant", b"acme"), ("x-tenant", b"globex")]);

#[test]
fn metadata_of_bytes_stays_what_it_was() {
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
fn of_two_parents_neither_is_believed() {
    for second in [ANOTHER.as_bytes(), PARENT.as_bytes(), b"\xff", b""] {
        questions::of_two_parents_neither_is_believed::<MetadataMap>(("traceparent", second));
    }
}

#[test]
fn states_of_several_headers_are_one() {
    questions::states_of_several_headers_are_one::<MetadataMap>();
}
