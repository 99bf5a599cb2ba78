//! Functions without a span (off, or without a provider) pass a trace through.

use std::collections::HashMap;
use std::process::Command;

use traced::propagation::{Carrier, use_w3c};
use traced::testing::capture;
use traced::traced;

use super::{filtered, run};

type Headers = HashMap<String, String>;

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn from_afar() -> Headers {
    use_w3c();
    let baggage = ("baggage", "tenant=acme");
    [("traceparent", TRACEPARENT), baggage]
        .map(|(key, value)| (key.into(), value.into()))
        .into()
}

#[traced(kind = "server", extract = headers)]
fn serve(headers: &Headers) -> Headers {
    prepare(1)
}

#[traced(attributes(n))]
fn prepare(n: i64) -> Headers {
    let mut headers = Headers::new();
    send(&mut headers);
    headers
}

#[traced(kind = "client", inject = headers)]
fn send(headers: &mut Headers) {}

#[traced(kind = "server", extract = headers)]
async fn serve_async(headers: Headers) -> Headers {
    tokio::task::yield_now().await;
    let prepared = tokio::spawn(prepare_async(1)).await;
    prepared.unwrap()
}

#[traced(attributes(n), baggage(order.id = n))]
async fn prepare_async(n: i64) -> Headers {
    let sent = std::thread::spawn(|| {
        let mut headers = Headers::new();
        send(&mut headers);
        headers
    });
    sent.join().unwrap()
}

#[track_caller]
fn assert_passed_through() {
    let sent = serve(&from_afar());
    assert_eq!(
        sent.get("traceparent").map(String::as_str),
        Some(TRACEPARENT)
    );
    assert_eq!(sent.get("baggage").map(String::as_str), Some("tenant=acme"));
    let sent = run(serve_async(from_afar()));
    assert_eq!(
        sent.get("traceparent").map(String::as_str),
        Some(TRACEPARENT)
    );
    let baggage = Carrier::get(&sent, "baggage").unwrap();
    assert!(
        baggage.contains("tenant=acme") && baggage.contains("order.id=1"),
        "{baggage}"
    );
}

#[test]
fn functions_that_are_off_pass_a_trace_and_its_baggage_through() {
    let _filtered = filtered("off");
    let ((), spans) = capture(assert_passed_through);
    assert!(spans.is_empty());
}

/// With `OTEL_SDK_DISABLED` there are propagators, but no provider.
#[test]
fn functions_without_a_provider_pass_a_trace_and_its_baggage_through() {
    let test = "passing_through::without_a_provider";
    let mut child = Command::new(std::env::current_exe().unwrap());
    let output = child.args(["--exact", test, "--ignored"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
#[ignore = "a child of its own, as others install a provider"]
fn without_a_provider() {
    // The first calls look for a provider, and the later ones know that there is none.
    for _ in 0..600 {
        assert_passed_through();
    }
}

#[test]
fn spans_below_an_off_server_are_children_of_the_remote_caller() {
    let _filtered = filtered("*::serve=off");
    let (_, spans) = capture(|| serve(&from_afar()));
    let parent = spans.named("prepare").data().parent_span_id;
    assert_eq!(parent.to_string(), "00f067aa0ba902b7");
}
