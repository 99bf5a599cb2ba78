//! Spans of a server on another thread: they belong to the test that the headers of the request name.

use std::thread;

use opentelemetry::trace::SpanContext;
use traced::testing::{Capture, assert_tree, capture, spans, traceparent};
use traced::traced;

use crate::{audit, failure};

type Headers = Vec<(String, String)>;

#[traced(kind = "client", inject = headers)]
fn request(mut headers: Headers) -> Headers {
    headers.push(("accept".to_owned(), "*/*".to_owned()));
    headers
}

#[traced(kind = "server", extract = headers)]
fn answer(headers: Headers) {
    audit();
}

#[traced(kind = "consumer", root, links = traced::propagation::remote_span_context(&headers))]
fn process(headers: Headers) {
    audit();
}

/// Runs `f` on a thread without a context, as a server does.
fn on_a_server<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(f).join().unwrap())
}

#[traced::test]
fn a_server_is_below_its_client_although_that_has_ended() {
    let headers = request(Headers::new());
    on_a_server(|| answer(headers));
    assert_tree!(
        spans(),
        "
        request [client]
          answer [server]
            audit
        "
    );
    assert!(spans().named("answer").data().parent_span_is_remote);
}

#[traced::test]
fn a_root_that_is_linked_to_a_span_of_the_test_belongs_to_the_test() {
    let headers = request(Headers::new());
    on_a_server(|| process(headers));
    assert_tree!(spans(), "request\nprocess\n  audit");
    let all = spans();
    assert!(all.named("process").is_linked_to(all.named("request")));
}

#[traced::test]
fn the_propagators_of_w3c_are_the_default() {
    let mut headers = Headers::new();
    traced::span!("client", { traced::inject(&mut headers) });
    assert_eq!(headers[0].0, "traceparent");
}

#[traced::test]
fn a_request_of_another_process_belongs_to_the_test_by_its_header() {
    let header = traceparent();
    assert_eq!(traceparent(), header, "it is the same at each call");
    let headers = vec![("traceparent".to_owned(), header.clone())];
    on_a_server(|| answer(headers));
    let all = spans();
    assert_tree!(all, "answer [server]\n  audit");
    let parent = all.named("answer");
    assert_eq!(
        header,
        format!("00-{}-{}-01", parent.trace_id(), parent.parent_id())
    );
    all.assert_no_orphans();
    all.assert_one_trace();
}

#[test]
fn each_capture_has_a_caller_of_its_own() {
    let (first, second) = (Capture::new(), Capture::new());
    assert_ne!(first.traceparent(), second.traceparent());
    for capture in [&first, &second, &second] {
        let headers = vec![("traceparent".to_owned(), capture.traceparent())];
        on_a_server(|| answer(headers));
    }
    let count = |capture: &Capture| capture.spans().all_named("answer").len();
    assert_eq!((count(&first), count(&second)), (1, 2));
}

#[test]
fn the_context_decides_before_the_headers() {
    let (headers, client) = capture(|| request(Headers::new()));
    let ((), server) = capture(|| answer(headers));
    assert_eq!(client.wait_for("request").len(), 1);
    assert_tree!(server, "answer\n  audit");
}

#[test]
fn a_capture_that_is_gone_gets_no_spans() {
    let capture = Capture::new();
    let headers = vec![("traceparent".to_owned(), capture.traceparent())];
    drop(capture);
    let other = Capture::new();
    on_a_server(|| answer(headers));
    assert!(other.spans().is_empty());
}

#[test]
fn without_a_test_there_is_no_caller() {
    let said = failure(traceparent);
    assert!(said.starts_with("no test captures spans here: "), "{said}");
    let current = traced::current();
    assert_eq!(current.trace_id(), SpanContext::NONE.trace_id());
}
