//! `extract` and `inject`: a trace that crosses from process to process.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use traced::propagation::{Carrier, CarrierMut, use_w3c};
use traced::testing::{Spans, capture, capture_async};
use traced::traced;

type Headers = HashMap<String, String>;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn from_afar() -> Headers {
    use_w3c();
    let mut headers = Headers::new();
    headers.set("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
    headers
}

/// The span whose context `headers` hold.
fn sender(headers: &impl Carrier) -> String {
    let context = traced::extract(headers);
    context.span().span_context().span_id().to_string()
}

fn id(spans: &Spans, name: &str) -> String {
    spans.named(name).data().span_context.span_id().to_string()
}

#[traced(kind = "server", extract = headers)]
fn serve(headers: &Headers) -> usize {
    headers.len()
}

#[traced(kind = "server", extract = headers)]
async fn serve_async(headers: Headers) {
    tokio::task::yield_now().await;
    drop(headers);
}

#[traced(kind = "server", extract = headers)]
fn serve_boxed(headers: Headers) -> Pin<Box<dyn Future<Output = usize>>> {
    Box::pin(async move { headers.len() })
}

#[tokio::test]
async fn the_remote_caller_is_the_parent() {
    let (_, spans) = capture_async(async {
        serve(&from_afar());
        serve_async(from_afar()).await;
        serve_boxed(from_afar()).await;
    })
    .await;
    for name in ["serve", "serve_async", "serve_boxed"] {
        let span = spans.named(name).data();
        assert_eq!(span.span_context.trace_id().to_string(), TRACE);
        assert_eq!(span.parent_span_id.to_string(), "00f067aa0ba902b7");
        assert!(span.parent_span_is_remote);
    }
}

#[traced]
fn outer() {
    serve(&Headers::new());
}

#[test]
fn without_a_remote_caller_the_current_span_is_the_parent() {
    use_w3c();
    let ((), spans) = capture(outer);
    assert!(spans.named("serve").is_child_of(spans.named("outer")));
}

#[traced(kind = "client", inject = headers)]
fn owned(mut headers: Headers) -> Headers {
    headers.insert("body".to_owned(), "sent".to_owned());
    headers
}

#[traced(kind = "client", inject = headers)]
fn assigned(mut headers: Headers) -> Headers {
    let sent = headers;
    headers = sent.clone();
    headers
}

#[traced(kind = "client", inject = headers)]
fn borrowed(headers: &mut Headers) {
    assert!(headers.contains_key("traceparent"));
}

#[traced(kind = "client", inject = &mut headers.0)]
async fn in_a_tuple(mut headers: (Headers, u8)) -> Headers {
    tokio::task::yield_now().await;
    headers.1 += 1;
    headers.0
}

/// As a type that only borrows a message is written.
struct Envelope<'h>(&'h mut Headers);

impl CarrierMut for Envelope<'_> {
    fn set(&mut self, key: &str, value: String) {
        self.0.set(key, value);
    }
}

#[traced(kind = "producer", inject = &mut Envelope(&mut headers))]
async fn in_an_envelope(mut headers: Headers) -> Headers {
    tokio::task::yield_now().await;
    headers
}

#[traced(kind = "producer", inject = Envelope(headers))]
fn in_an_envelope_of_its_own(headers: &mut Headers) -> Headers {
    headers.clone()
}

#[traced(kind = "producer", lazy(size = headers.len()), inject = headers)]
fn boxed<'h>(headers: &'h mut Headers) -> Pin<Box<dyn Future<Output = usize> + 'h>> {
    Box::pin(async move { headers.len() })
}

#[tokio::test]
async fn the_span_is_written_before_the_body_runs() {
    use_w3c();
    let (sent, spans) = capture_async(async {
        let (mut to_borrowed, mut to_boxed) = (Headers::new(), Headers::new());
        borrowed(&mut to_borrowed);
        boxed(&mut to_boxed).await;
        [
            ("owned", owned(Headers::new())),
            ("assigned", assigned(Headers::new())),
            ("borrowed", to_borrowed),
            ("in_a_tuple", in_a_tuple((Headers::new(), 0)).await),
            ("boxed", to_boxed),
            ("in_an_envelope", in_an_envelope(Headers::new()).await),
            (
                "in_an_envelope_of_its_own",
                in_an_envelope_of_its_own(&mut Headers::new()),
            ),
        ]
    })
    .await;
    for (name, headers) in sent {
        assert_eq!(sender(&headers), id(&spans, name), "{name}");
    }
}

#[traced(kind = "server", extract = headers)]
fn relay(mut headers: Headers) -> Headers {
    traced::inject(&mut headers);
    headers
}

#[test]
fn baggage_travels_too() {
    use_w3c();
    let mut headers = from_afar();
    headers.set("baggage", "tenant=acme".to_owned());
    let (relayed, spans) = capture(|| relay(headers));
    assert_eq!(Carrier::get(&relayed, "baggage"), Some("tenant=acme"));
    assert_eq!(sender(&relayed), id(&spans, "relay"));
}

#[test]
fn a_function_without_a_span_passes_its_callers_on() {
    use_w3c();
    let headers = from_afar();
    let suppressed = traced::extract(&headers).with_telemetry_suppressed();
    let _attached = Context::attach(suppressed);
    let mut sent = Headers::new();
    borrowed(&mut sent);
    assert_eq!(sender(&sent), "00f067aa0ba902b7");
}
