//! A span that the inner future starts and the outer one has: the way from here to there.

use std::cell::Cell;
use std::future::Future;
use std::mem::{self, ManuallyDrop};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use crate::span::{ActiveSpan, Started};

/// No span yet: the inner future hands it over at its first poll ([`handoff`]), for spans
/// that say something of the parameters.
///
/// A borrow of a parameter in the `async fn` itself would keep the parameter's
/// place in the future for good, beside the one it was moved to; so it is the
/// block with the body, which has the parameters, that starts the span.
#[derive(Debug)]
pub struct SpanFromInner;

/// Hands `span` to the future around this one: the result, awaited, goes back there
/// once, and when it is polled again the span is current.
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
#[must_use = "it hands over when it is awaited"]
pub struct Handoff {
    is_pending: bool,
}

impl Future for Handoff {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<()> {
        match mem::take(&mut self.is_pending) {
            // No wake-up is asked for: who reads it polls again at once.
            true => Poll::Pending,
            false => Poll::Ready(()),
        }
    }
}

thread_local! {
    /// A span between the block that started it and the future around. Nothing of the
    /// user's runs while one is here, and nobody leaves one behind; without a
    /// destructor it is there until the very end of the thread.
    static IN_HANDOFF: Cell<Option<ManuallyDrop<ActiveSpan>>> = const { Cell::new(None) };
}

#[inline(never)]
fn put(active: ActiveSpan) -> bool {
    let active = ManuallyDrop::new(active);
    IN_HANDOFF.try_with(|way| way.set(Some(active))).is_ok()
}

/// What was handed over just now.
pub(super) fn received() -> Option<ActiveSpan> {
    let received = IN_HANDOFF.try_with(Cell::take).ok().flatten();
    received.map(ManuallyDrop::into_inner)
}
