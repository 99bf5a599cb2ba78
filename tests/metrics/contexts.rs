//! The context of a measured call: its own, or that of its caller or poller.

use std::collections::HashMap;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use opentelemetry::trace::SpanId;
use traced::propagation::use_w3c;
use traced::traced;

use crate::{Meters, builder, measured};

/// The span that is current in a call which sends a span.
#[traced(inject = headers)]
fn sends(headers: &mut HashMap<String, String>) -> SpanId {
    let _ = headers;
    traced::current().span_id()
}

/// The caller's span, the span that is current in the call, and what the call sends.
#[traced]
fn with_a_span() -> (SpanId, SpanId, String) {
    let mut headers = HashMap::new();
    let inside = sends(&mut headers);
    let sent = headers.remove("traceparent").unwrap();
    (traced::current().span_id(), inside, sent)
}

#[test]
fn a_call_without_a_span_sends_the_span_of_its_caller() {
    use_w3c();
    let _meters = Meters::install();
    let _telemetry = builder()
        .filter("metrics::contexts::sends=off".parse().unwrap())
        .init()
        .unwrap();
    let (caller, inside, sent) = with_a_span();
    assert!(caller != SpanId::INVALID && inside == caller);
    assert!(sent.contains(&caller.to_string()), "{sent}");
}

#[test]
fn a_measured_call_has_its_own_span_and_sends_it() {
    use_w3c();
    let _meters = Meters::install();
    let _telemetry = measured();
    let (caller, inside, sent) = with_a_span();
    assert!(inside != SpanId::INVALID && inside != caller);
    assert!(sent.contains(&inside.to_string()), "{sent}");
}

/// Is ready when its second poll comes, under the context of that poll.
struct Twice(u8);

impl Future for Twice {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<bool> {
        self.0 += 1;
        match self.0 {
            1 => Poll::Pending,
            _ => Poll::Ready(traced::current().is_recording()),
        }
    }
}

#[traced]
async fn under_the_poller() -> bool {
    Twice(0).await
}

#[test]
fn a_future_without_a_span_sees_the_context_of_each_poll() {
    let _meters = Meters::install();
    let _telemetry = builder()
        .filter("metrics::contexts::under_the_poller=off".parse().unwrap())
        .init()
        .unwrap();
    let mut future = Box::pin(under_the_poller());
    let mut poll = || {
        future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
    };
    assert!(poll().is_pending());
    let second = traced::span!("second", { poll() });
    assert_eq!(second, Poll::Ready(true));
}
