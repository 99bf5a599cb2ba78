//! Maps and lists, of text and of bytes.

use std::collections::{BTreeMap, HashMap};

use traced::propagation::Carrier;

use crate::checks::{self, ANOTHER, PARENT, Sample, TRACE, pair, processed, sent, sorted};

fn own(value: &[u8]) -> Vec<u8> {
    value.to_vec()
}

fn read(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

macro_rules! samples {
    ($($module:ident: $carrier:ty, |$key:ident, $value:ident| $made:expr;)*) => {$(
        impl Sample for $carrier {
            fn with(headers: &[(&str, &[u8])]) -> Self {
                headers.iter().map(|($key, $value)| $made).collect()
            }

            fn sent(&self) -> Vec<(String, Vec<u8>)> {
                sorted(self.iter().map(|header| pair_of(header)))
            }
        }

        crate::checks::check_carrier!($module: $carrier, [("x-tenant", b"acme"), ("TraceParents", b"2")]);
    )*};
}

/// Iterators of maps give pairs of references, and those of lists give references to pairs.
trait Entry {
    fn bytes(self) -> (String, Vec<u8>);
}

impl<K: AsRef<[u8]>, V: AsRef<[u8]>> Entry for (&K, &V) {
    fn bytes(self) -> (String, Vec<u8>) {
        pair(self.0, self.1)
    }
}

impl<K: AsRef<[u8]>, V: AsRef<[u8]>> Entry for &(K, V) {
    fn bytes(self) -> (String, Vec<u8>) {
        pair(&self.0, &self.1)
    }
}

fn pair_of(entry: impl Entry) -> (String, Vec<u8>) {
    entry.bytes()
}

samples! {
    hash_map_of_text: HashMap<String, String>, |key, value| (key.to_string(), read(value));
    map_of_text: BTreeMap<String, String>, |key, value| (key.to_string(), read(value));
    list_of_text: Vec<(String, String)>, |key, value| (key.to_string(), read(value));
    list_of_bytes: Vec<(Vec<u8>, Vec<u8>)>, |key, value| (own(key.as_bytes()), own(value));
    list_of_both: Vec<(String, Vec<u8>)>, |key, value| (key.to_string(), own(value));
}

#[test]
fn binary_headers_stay() {
    let blob = ("blob".to_owned(), vec![0xff, 0x00]);
    let (headers, _) = sent(vec![blob.clone()]);
    assert_eq!(headers[0], blob);
    assert_eq!(headers.len(), 2);
}

#[test]
fn borrowed_collections_are_read() {
    let pairs = [("traceparent", PARENT)];
    let slice: &[(&str, &str)] = &pairs;
    let map = HashMap::from(pairs);
    let bytes = BTreeMap::from([(own(b"traceparent"), own(PARENT.as_bytes()))]);
    let spans = [
        processed(&pairs),
        processed(&slice),
        processed(&map),
        processed(&bytes),
    ];
    for span in spans {
        assert_eq!(span.span_context.trace_id().to_string(), TRACE);
    }
}

#[test]
fn a_new_map_needs_no_type() {
    let (mut hashed, mut sorted) = (HashMap::new(), BTreeMap::new());
    traced::inject(&mut hashed);
    traced::inject(&mut sorted);
    assert!(hashed.is_empty() && sorted.is_empty(), "nothing is current");
}

#[test]
fn headers_are_made_if_there_are_none() {
    let (headers, parent) = sent(None::<HashMap<String, String>>);
    assert_eq!(headers.unwrap()["traceparent"], parent);
}

#[test]
fn two_parents_are_both_ignored() {
    for second in [ANOTHER.as_bytes(), PARENT.as_bytes(), b"\xff", b""] {
        for key in ["traceparent", "Traceparent"] {
            checks::two_parents_are_both_ignored::<Vec<(String, Vec<u8>)>>((key, second));
        }
        checks::two_parents_are_both_ignored::<BTreeMap<String, String>>(("Traceparent", second));
    }
}

#[test]
fn the_states_of_several_headers_are_joined() {
    checks::the_states_of_several_headers_are_joined::<Vec<(String, String)>>();
}

#[test]
fn a_key_that_is_not_there_has_no_value() {
    let pairs = [("tenant", "acme"), ("Region", "eu")];
    assert_eq!(Carrier::get(&pairs, "traceparent"), None);
    assert_eq!(Carrier::get(&pairs, "region"), Some("eu"));
}

#[test]
fn optional_headers_lose_what_another_trace_left() {
    let stale = HashMap::from([("tracestate".to_owned(), "a=b".to_owned())]);
    let (headers, _) = sent(Some(stale));
    assert_eq!(Carrier::keys(&headers), ["traceparent"]);
}
