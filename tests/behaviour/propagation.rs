//! `extract` and `inject`: a trace that continues in another process.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{Link, SpanContext, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
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

/// The span id in `headers`.
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

/// A type that borrows its message, as client libraries write them.
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

#[test]
fn a_suppressed_function_passes_on_the_trace_that_it_was_sent() {
    use_w3c();
    let ((), spans) = capture(|| {
        let suppressed = Context::current().with_telemetry_suppressed();
        let _attached = Context::attach(suppressed);
        assert_eq!(sender(&relay(from_afar())), "00f067aa0ba902b7");
    });
    assert!(spans.is_empty());
}

/// A message of a batch: headers and content.
struct Message(Headers, u32);

#[traced(kind = "producer", inject = headers)]
fn produce(mut headers: Headers, n: u32) -> Message {
    headers.insert("n".to_owned(), n.to_string());
    Message(headers, n)
}

#[traced(kind = "client")]
fn receive() -> Vec<Message> {
    vec![
        produce(Headers::new(), 1),
        produce(Headers::new(), 2),
        Message(Headers::new(), 3),
        Message(
            Headers::from([("traceparent".to_owned(), "junk".to_owned())]),
            4,
        ),
    ]
}

#[traced(
    kind = "consumer",
    links = batch.iter().filter_map(|message| traced::remote_span_context(&message.0)),
)]
fn process_batch(batch: &[Message]) -> u32 {
    batch.iter().map(|message| message.1).sum()
}

#[traced(kind = "consumer", links = batch.iter().map(|message| traced::extract(&message.0)))]
async fn process_extracted(batch: Vec<Message>) -> usize {
    tokio::task::yield_now().await;
    batch.len()
}

#[traced]
async fn poll() {
    process_batch(&receive());
    process_extracted(receive()).await;
}

fn links(spans: &Spans, name: &str) -> Vec<String> {
    let links = &spans.named(name).data().links.links;
    let id = |link: &Link| link.span_context.span_id().to_string();
    links.iter().map(id).collect()
}

#[tokio::test]
async fn a_batch_is_linked_to_every_producer_and_to_nothing_else() {
    use_w3c();
    let ((), spans) = capture_async(poll()).await;
    let producers = spans.all_named("produce");
    let producers: Vec<_> = producers.iter().map(|span| span.id().to_string()).collect();
    assert_eq!(links(&spans, "process_batch"), producers[..2]);
    assert_eq!(links(&spans, "process_extracted"), producers[2..]);
    let batch = spans.named("process_batch");
    assert!(batch.is_child_of(spans.named("poll")));
}

#[traced(root, links = [cx])]
fn linked_root(cx: &Context) {}

#[traced(links = [
    Link::new(SpanContext::empty_context(), vec![KeyValue::new("why", "unknown")], 0),
    Link::with_context(SpanContext::empty_context()),
])]
fn linked_nowhere() {}

#[traced]
fn around() {
    linked_root(&Context::current());
    linked_nowhere();
}

#[test]
fn a_root_may_be_linked_to_its_caller_and_a_link_may_say_why_it_leads_nowhere() {
    let ((), spans) = capture(around);
    let caller = spans.named("around").id().to_string();
    assert_eq!(links(&spans, "linked_root"), [caller]);
    assert_eq!(links(&spans, "linked_nowhere"), ["0000000000000000"]);
}

#[traced(kind = "consumer", parent = traced::extract(&message.0), links = redelivered)]
fn retry(message: &Message, redelivered: Vec<SpanContext>) -> u32 {
    message.1
}

#[test]
fn one_message_may_parent_and_its_history_be_links() {
    use_w3c();
    let (_, spans) = capture(|| {
        let message = produce(Headers::new(), 1);
        let first = produce(Headers::new(), 0);
        retry(
            &message,
            traced::remote_span_context(&first.0).into_iter().collect(),
        )
    });
    let producers = spans.all_named("produce");
    let retry = spans.named("retry");
    assert!(retry.is_child_of(producers[0]));
    assert_eq!(links(&spans, "retry"), [producers[1].id().to_string()]);
}

#[traced(baggage(tenant = "acme", attempt = attempt, none = None::<u8>), inject = headers)]
fn with_baggage(attempt: u8, headers: &mut Headers) -> usize {
    Context::current().baggage().len()
}

#[test]
fn the_baggage_of_a_call_is_sent_on_and_gone_after_it() {
    use_w3c();
    let mut headers = Headers::new();
    let (during, _) = capture(|| with_baggage(2, &mut headers));
    assert_eq!(during, 2);
    assert_eq!(
        Carrier::get(&headers, "baggage"),
        Some("attempt=2,tenant=acme")
    );
    assert!(Context::current().baggage().is_empty());
}

#[traced(kind = "server", extract = headers, attributes(http.request.method = "GET"))]
fn serve_with_attributes(headers: &Headers) -> usize {
    headers.len()
}

fn ignored(header: Option<&str>) -> Option<String> {
    use_w3c();
    let header = header.map(|header| ("traceparent".to_owned(), header.to_owned()));
    let headers = header.into_iter().collect();
    let (_, spans) = capture(|| serve_with_attributes(&headers));
    let span = spans.named("serve_with_attributes");
    assert_eq!(span.attribute("http.request.method"), Some("GET".into()));
    let ignored = span.attribute("traced.ignored_parent");
    ignored.map(|value| value.to_string())
}

#[test]
fn a_parent_that_could_not_be_read_is_shown() {
    let malformed = format!("00-{TRACE}-00f067aa0ba902b7");
    assert_eq!(ignored(Some(&malformed)), Some(malformed));
    assert_eq!(ignored(Some("")).as_deref(), Some(""));
    assert_eq!(ignored(Some(&"é".repeat(1 << 20))), Some("é".repeat(64)));
    assert_eq!(ignored(Some(&from_afar()["traceparent"])), None);
    assert_eq!(ignored(None), None);
}

#[test]
fn a_parent_that_is_current_already_was_not_ignored() {
    let headers = from_afar();
    let (_, spans) = capture(|| {
        let _attached = traced::extract(&headers).attach();
        serve(&headers)
    });
    let span = spans.named("serve");
    assert_eq!(span.attribute("traced.ignored_parent"), None);
    assert_eq!(span.parent_id().to_string(), "00f067aa0ba902b7");
}

#[traced(enabled = on, extract = headers, inject = sent)]
fn relays_if(on: bool, headers: &Headers, sent: &mut Headers) -> String {
    let context = Context::current();
    context.span().span_context().trace_id().to_string()
}

#[test]
fn enabled_false_passes_a_trace_through() {
    let (received, mut sent) = (from_afar(), Headers::new());
    let (trace, spans) = capture(|| relays_if(false, &received, &mut sent));
    assert!(spans.is_empty());
    assert_eq!(trace, TRACE);
    assert_eq!(sent.get("traceparent"), received.get("traceparent"));
    let (_, spans) = capture(|| relays_if(true, &received, &mut sent));
    assert_eq!(sender(&sent), spans.named("relays_if").id().to_string());
}

#[traced(links = [span])]
fn linked_to_a_span(span: SpanContext) {}

#[traced(links = batch)]
fn linked_to_envelopes(batch: Vec<traced::Envelope<u8>>) {}

#[traced(links = batch.iter())]
fn linked_to_each_envelope(batch: Vec<traced::Envelope<u8>>) {}

#[traced]
fn sends_and_receives() {
    linked_to_a_span(Context::current().span().span_context().clone());
    let batch = || vec![traced::Envelope::new(1), traced::Envelope::new(2)];
    linked_to_envelopes(batch());
    linked_to_each_envelope(batch());
}

#[test]
fn a_link_that_was_asked_for_is_there_also_if_it_leads_to_the_parent() {
    let ((), spans) = capture(sends_and_receives);
    let parent = spans.named("sends_and_receives").id().to_string();
    assert_eq!(links(&spans, "linked_to_a_span"), [parent.as_str()]);
    let twice = [parent.as_str(), parent.as_str()];
    assert_eq!(links(&spans, "linked_to_envelopes"), twice);
    assert_eq!(links(&spans, "linked_to_each_envelope"), twice);
}
