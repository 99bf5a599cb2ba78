//! A message that nobody receives.

use std::sync::Arc;

use opentelemetry::Context;
use traced::testing::{Capture, Released, assert_tree, capture};
use traced::{Envelope, traced};

#[traced]
fn send<T>(messages: &flume::Sender<Envelope<T>>, value: T) {
    let _ = messages.send(Envelope::new(value));
}

#[test]
fn it_neither_ends_nor_stretches_the_span_of_its_sender() {
    let capture = Capture::new();
    let (messages, inbox) = flume::unbounded();
    let attached = capture.context().attach();
    send(&messages, 7);
    drop(attached);
    let before = capture.spans();
    assert_tree!(before, "send");
    assert!(before.open_names().is_empty());
    drop((messages, inbox));
    let after = capture.spans().wait_for(Released);
    assert_tree!(after, "send");
    assert_eq!(before.named("send").data(), after.named("send").data());
}

#[traced]
fn sends_and_goes_on() -> bool {
    let (messages, inbox) = flume::unbounded();
    let value = Arc::new(7);
    let weak = Arc::downgrade(&value);
    messages.send(Envelope::new(value)).unwrap();
    drop((messages, inbox));
    traced::set_attributes!(still.recording = traced::current().is_recording());
    weak.upgrade().is_none()
}

#[test]
fn it_leaves_the_span_of_a_sender_that_is_still_running_alone() {
    let (is_gone, spans) = capture(sends_and_goes_on);
    assert!(is_gone);
    let sender = spans.named("sends_and_goes_on");
    assert_eq!(sender.attribute("still.recording"), Some(true.into()));
}

#[test]
fn a_queue_that_goes_holds_no_context() {
    struct Held(#[allow(dead_code, reason = "its drop is seen")] Arc<()>);
    let held = Arc::new(());
    let weak = Arc::downgrade(&held);
    let (messages, inbox) = flume::unbounded();
    {
        let _attached = Context::new().with_value(Held(held)).attach();
        messages.send(Envelope::new(7)).unwrap();
    }
    assert!(weak.upgrade().is_some());
    // `into_inner` drops the context.
    assert_eq!(inbox.recv().unwrap().into_inner(), 7);
    assert!(weak.upgrade().is_none());
}
