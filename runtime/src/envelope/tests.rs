use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::sync::{Arc, Weak, mpsc};

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceId, TraceState};

use super::*;

fn sender(id: u8) -> Context {
    let span = SpanContext::new(
        TraceId::from_bytes([id; 16]),
        SpanId::from_bytes([id; 8]),
        opentelemetry::TraceFlags::SAMPLED,
        false,
        TraceState::NONE,
    );
    Context::new().with_remote_span_context(span)
}

fn here() -> SpanId {
    current_context::current().span().span_context().span_id()
}

fn sent_by<T>(id: u8, value: T) -> Envelope<T> {
    let _attached = sender(id).attach();
    Envelope::new(value)
}

#[test]
fn the_context_is_the_current_one_of_new() {
    let message = sent_by(1, "hello");
    assert_eq!(here(), SpanId::INVALID);
    let sender = message.context().span().span_context().span_id();
    assert_eq!(sender, SpanId::from_bytes([1; 8]));
    assert_eq!(message.to_link().span_context.span_id(), sender);
    assert_eq!(message.to_parent().span().span_context().span_id(), sender);
    assert_eq!(message.into_inner(), "hello");
}

#[test]
fn the_context_is_detached_after_the_closure_also_by_a_panic() {
    assert_eq!(
        sent_by(1, 7).enter(|value| (value, here())),
        (7, SpanId::from_bytes([1; 8]))
    );
    assert_eq!(here(), SpanId::INVALID);
    let message = sent_by(1, 7);
    let panics = std::panic::catch_unwind(|| message.enter(|_| panic!("in the context")));
    assert!(panics.is_err());
    assert_eq!(here(), SpanId::INVALID);
}

#[test]
fn it_derefs_to_its_value_also_mutably() {
    let mut message = Envelope::from(vec![1]);
    message.push(2);
    assert_eq!(message.len(), 2);
    assert_eq!(*message, [1, 2]);
}

#[test]
#[expect(
    clippy::mutable_key_type,
    reason = "what changes in a context is not hashed"
)]
fn it_is_compared_and_hashed_as_its_value() {
    assert_eq!(sent_by(1, "a"), sent_by(2, "a"));
    assert_ne!(sent_by(1, "a"), sent_by(1, "b"));
    let set: HashSet<_> = [sent_by(1, "a"), sent_by(2, "a"), sent_by(1, "b")].into();
    assert_eq!(set.len(), 2);
    assert!(set.contains(&"a"));
    let mut heap: BinaryHeap<_> = [3, 1, 2].map(|n| Reverse(sent_by(1, n))).into();
    assert_eq!(heap.pop().unwrap().0.into_inner(), 1);
}

#[test]
fn it_shows_its_value_and_its_sender() {
    let shown = format!("{:?}", sent_by(0xab, "hello"));
    assert_eq!(
        shown,
        "Envelope { value: \"hello\", trace_id: abababababababababababababababab, \
         span_id: abababababababab }"
    );
}

/// A value that another context holds, so that it is seen when that context is gone.
struct Held(#[allow(dead_code, reason = "its drop is seen")] Arc<()>);

fn holding(held: &Arc<()>) -> Context {
    Context::new().with_value(Held(held.clone()))
}

#[test]
fn an_unreceived_message_leaks_neither_itself_nor_its_context() {
    let (context, value) = (Arc::new(()), Arc::new(()));
    let (in_context, in_value) = (Arc::downgrade(&context), Arc::downgrade(&value));
    let (messages, received) = mpsc::channel();
    {
        let _attached = holding(&context).attach();
        messages.send(Envelope::new(value)).unwrap();
    }
    drop(context);
    assert!(in_context.upgrade().is_some() && in_value.upgrade().is_some());
    drop(received);
    assert_eq!(in_context.strong_count() + in_value.strong_count(), 0);
    // So it is where there is no receiver any more: the error has the message.
    let context = Arc::new(());
    let in_context: Weak<()> = Arc::downgrade(&context);
    let returned = {
        let _attached = holding(&context).attach();
        messages.send(Envelope::new(Arc::new(())))
    };
    drop(context);
    assert!(in_context.upgrade().is_some());
    drop(returned);
    assert!(in_context.upgrade().is_none());
}

fn is_safe<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>(_: T) {}

#[test]
fn it_is_as_safe_as_its_value() {
    is_safe(Envelope::new(7));
}
