//! Passes a span from the inner future, which starts it, to the outer future, which keeps it.

use std::cell::Cell;
use std::future::Future;
use std::mem::{self, ManuallyDrop};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use crate::span::{ActiveSpan, Started};

/// The source of a span that the inner future starts and passes on at its first poll ([`handoff`]), for spans whose
/// attributes use the parameters.
///
/// If the `async fn` itself borrowed a parameter, its future would have space for the parameter twice: before and
/// after it was moved into the block with the body. So the block, which has the parameters, starts the span.
#[derive(Debug)]
pub struct SpanFromInner;

/// Passes `span` to the future around this one. The result is pending once, so that the future around takes
/// the span, makes it current and polls again.
#[inline]
pub fn handoff(span: Started) -> Handoff {
    match span.active {
        None => Handoff { is_pending: false },
        Some(active) => Handoff {
            is_pending: put(active),
        },
    }
}

/// The future of [`handoff`]; ready at once if there is no span.
#[derive(Debug)]
#[must_use = "the span is passed on when this is awaited"]
pub struct Handoff {
    is_pending: bool,
}

impl Future for Handoff {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<()> {
        match mem::take(&mut self.is_pending) {
            // Needs no waker, as the future around polls again at once.
            true => Poll::Pending,
            false => Poll::Ready(()),
        }
    }
}

thread_local! {
    /// A span between the block that started it and the future around. No user code runs while a span is
    /// here, and the future around always takes it out. As `ManuallyDrop` needs no destructor, the value stays
    /// accessible while the thread ends.
    static IN_HANDOFF: Cell<Option<ManuallyDrop<ActiveSpan>>> = const { Cell::new(None) };
}

#[inline(never)]
fn put(active: ActiveSpan) -> bool {
    let active = ManuallyDrop::new(active);
    IN_HANDOFF.try_with(|span| span.set(Some(active))).is_ok()
}

/// Takes the span that is being passed.
pub(super) fn received() -> Option<ActiveSpan> {
    let received = IN_HANDOFF.try_with(Cell::take).ok().flatten();
    received.map(ManuallyDrop::into_inner)
}
