//! The checks that every carrier has to pass, through `#[traced(inject = .., extract = ..)]`.

use opentelemetry_sdk::trace::SpanData;
use traced::propagation::{Carrier, CarrierMut, use_w3c};
use traced::testing::capture;
use traced::traced;

pub(crate) const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
pub(crate) const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
pub(crate) const ANOTHER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A carrier that a test can fill with anything.
pub(crate) trait Sample: Carrier + CarrierMut + Sized {
    /// A carrier with these headers, in this order. A header of a name that is there already is added to it.
    fn with(headers: &[(&str, &[u8])]) -> Self;

    /// Its headers as they would be sent, sorted.
    fn sent(&self) -> Vec<(String, Vec<u8>)>;
}

#[traced(kind = "producer", inject = headers)]
pub(crate) fn send<H: CarrierMut>(headers: &mut H) {
    let _ = headers;
}

#[traced(kind = "consumer", extract = headers)]
pub(crate) fn process<H: Carrier>(headers: &H) {
    let _ = headers;
}

/// The span of a consumer of a message with these headers.
pub(crate) fn processed<H: Carrier>(headers: &H) -> SpanData {
    use_w3c();
    let ((), spans) = capture(|| process(headers));
    spans.named("process").data().clone()
}

/// The headers after a producer's span was written into them, and the `traceparent` of this span.
pub(crate) fn sent<H: CarrierMut>(mut headers: H) -> (H, String) {
    use_w3c();
    let ((), spans) = capture(|| send(&mut headers));
    let span = &spans.named("send").data().span_context;
    // The flags say that the span is sampled, and that the id of its trace is random.
    let parent = format!("00-{}-{}-03", span.trace_id(), span.span_id());
    (headers, parent)
}

/// Whether the span has no parent, and is not in the trace of `PARENT`.
pub(crate) fn is_root(span: &SpanData) -> bool {
    span.parent_span_id == opentelemetry::trace::SpanId::INVALID
        && span.span_context.trace_id().to_string() != TRACE
}

pub(crate) fn the_sender_becomes_the_parent<S: Sample>() {
    let (headers, parent) = sent(S::with(&[]));
    assert_eq!(headers.sent().len(), 1, "{:?}", headers.sent());
    let span = processed(&headers);
    let (trace_id, parent_id) = (span.span_context.trace_id(), span.parent_span_id);
    assert_eq!(format!("00-{trace_id}-{parent_id}-03"), parent);
    assert!(span.parent_span_is_remote);
}

pub(crate) fn other_headers_stay<S: Sample>(others: &[(&str, &[u8])]) {
    let before = S::with(others).sent();
    let stale: [(&str, &[u8]); 3] = [
        ("traceparent", PARENT.as_bytes()),
        ("tracestate", b"a=b"),
        ("baggage", b"tenant=acme"),
    ];
    let (headers, parent) = sent(S::with(&[others, &stale].concat()));
    let mut expected = before;
    expected.push(("traceparent".to_owned(), parent.into_bytes()));
    expected.sort();
    assert_eq!(headers.sent(), expected);
}

pub(crate) fn keys_are_read_in_any_case<S: Sample>() {
    for key in ["traceparent", "Traceparent", "TRACEPARENT", "TrAcEpArEnT"] {
        let span = processed(&S::with(&[(key, PARENT.as_bytes())]));
        assert_eq!(span.span_context.trace_id().to_string(), TRACE, "{key}");
    }
}

pub(crate) fn a_key_in_another_case_is_replaced<S: Sample>() {
    let (headers, parent) = sent(S::with(&[("TraceParent", PARENT.as_bytes())]));
    let expected = [("traceparent".to_owned(), parent.into_bytes())];
    assert_eq!(headers.sent(), expected);
}

pub(crate) fn a_header_that_is_not_text_is_no_parent<S: Sample>() {
    let hostile: [&[u8]; 3] = [&[0xff; 55], b"", "00-é".as_bytes()];
    for value in hostile {
        assert!(is_root(&processed(&S::with(&[("traceparent", value)]))));
    }
}

pub(crate) fn every_key_is_listed<S: Sample>() {
    let headers = S::with(&[("traceparent", b"a"), ("x-tenant", b"b")]);
    let mut keys = Carrier::keys(&headers);
    keys.sort();
    assert_eq!(keys, ["traceparent", "x-tenant"]);
}

/// Which of two parents is the caller's cannot be told, whatever the second one is.
pub(crate) fn two_parents_are_both_ignored<S: Sample>(second: (&str, &[u8])) {
    let headers = S::with(&[("traceparent", PARENT.as_bytes()), second]);
    assert!(is_root(&processed(&headers)));
}

pub(crate) fn the_states_of_several_headers_are_joined<S: Sample>() {
    let headers = S::with(&[
        ("traceparent", PARENT.as_bytes()),
        ("tracestate", b"a=1"),
        ("tracestate", b"b=2"),
    ]);
    let state = processed(&headers).span_context.trace_state().header();
    assert_eq!(state, "a=1,b=2");
}

/// Writes a module with the tests that every carrier passes alike.
macro_rules! check_carrier {
    ($module:ident: $sample:ty, $($others:tt)*) => {
        mod $module {
            #[allow(unused_imports)] // The standard library's carriers need none.
            use super::*;

            #[test]
            fn the_sender_becomes_the_parent() {
                crate::checks::the_sender_becomes_the_parent::<$sample>();
            }

            #[test]
            fn other_headers_stay() {
                let others: &[(&str, &[u8])] = &$($others)*;
                crate::checks::other_headers_stay::<$sample>(others);
            }

            #[test]
            fn keys_are_read_in_any_case() {
                crate::checks::keys_are_read_in_any_case::<$sample>();
            }

            #[test]
            fn a_key_in_another_case_is_replaced() {
                crate::checks::a_key_in_another_case_is_replaced::<$sample>();
            }

            #[test]
            fn every_key_is_listed() {
                crate::checks::every_key_is_listed::<$sample>();
            }

            #[test]
            fn a_header_that_is_not_text_is_no_parent() {
                crate::checks::a_header_that_is_not_text_is_no_parent::<$sample>();
            }
        }
    };
}

pub(crate) use check_carrier;

/// A header in the form that `Sample::sent` returns.
pub(crate) fn pair(key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> (String, Vec<u8>) {
    let key = String::from_utf8_lossy(key.as_ref()).into_owned();
    (key, value.as_ref().to_vec())
}

pub(crate) fn sorted(pairs: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.sort();
    pairs
}
