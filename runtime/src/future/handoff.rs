//! A span that the inner future starts and the outer future keeps: how it gets from one to the other.

use std::cell::Cell;
use std::future::Future;
use std::mem::{self, ManuallyDrop};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use crate::span::{ActiveSpan, Started};

/// A span that the inner future starts and hands over at its first poll ([`handoff`]), for spans whose
/// attributes use the parameters.
///
/// A borrow of a parameter in the `async fn` itself would keep the parameter's place in the future for
/// good, beside the place that it was moved to; so the block with the body, which has the parameters,
/// starts the span.
#[derive(Debug)]
pub struct SpanFromInner;

/// Hands `span` to the future around this one: the result, awaited, returns to that future once, and when
/// it is polled again the span is current.
#[inline]
pub fn handoff(span: Started) -> Handoff {
    match span.active {
        None => Handoff { is_pending: false },
        Some(active) => Handoff {
            is_pending: put(active),
        },
    }
}

/// The future of [`handoff`]; ready at once where there is no span.
#[derive(Debug)]
#[must_use = "the span is handed over when this is awaited"]
pub struct Handoff {
    is_pending: bool,
}

impl Future for Handoff {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<()> {
        match mem::take(&mut self.is_pending) {
            // No wake-up is asked for: the future around polls again at once.
            true => Poll::Pending,
            false => Poll::Ready(()),
        }
    }
}

thread_local! {
    /// A span between the block that started it and the future around. No user code runs while a span is
    /// here, and the future around always takes it out. A value without a destructor stays accessible to
    /// the very end of the thread.
    static IN_HANDOFF: Cell<Option<ManuallyDrop<ActiveSpan>>> = const { Cell::new(None) };
}

#[inline(never)]
fn put(active: ActiveSpan) -> bool {
    let active = ManuallyDrop::new(active);
    IN_HANDOFF.try_with(|span| span.set(Some(active))).is_ok()
}

/// The span that was handed over just now.
pub(super) fn received() -> Option<ActiveSpan> {
    let received = IN_HANDOFF.try_with(Cell::take).ok().flatten();
    received.map(ManuallyDrop::into_inner)
}
