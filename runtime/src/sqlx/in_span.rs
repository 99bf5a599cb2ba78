//! A statement that is sent in its span.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;
use sqlx::Error;

use super::error::failure;
use super::shared::Shared;
use crate::database::{Statement, start_statement_in};
use crate::failure::Failure;
use crate::future::{PollGuard, SpanState};
use crate::span::Started;
use crate::stopwatch::Stopwatch;

/// Runs `sent` in the span of `statement`, which starts when it is first polled. `rows` returns the number of rows of
/// a result, if the statement returns rows.
///
/// It is not an `async` block, which would move `sent` once more: sqlx's futures that acquire a connection take tens
/// of kilobytes.
pub(super) fn in_span<T, F>(
    shared: Arc<Shared>,
    statement: Arc<Statement>,
    rows: fn(&T) -> Option<u64>,
    sent: F,
) -> InSpan<T, F>
where
    F: Future<Output = Result<T, Error>>,
{
    InSpan {
        sent: Some(sent),
        shared,
        statement: Some(statement),
        span: SpanState::from(Started::default()),
        begun: None,
        rows,
    }
}

/// Makes a future in the box that it stays in.
///
/// A future of sqlx that acquires a connection takes kilobytes, as it may connect. `Box::pin` makes it on the stack and
/// copies all of it; what is made after its box is written where it stays, of which little is set at first.
#[expect(
    clippy::incompatible_msrv,
    reason = "sqlx needs a later version of Rust than this"
)]
#[inline(always)]
pub(super) fn boxed<F>(make: impl FnOnce() -> F) -> Pin<Box<F>> {
    let place = Box::new_uninit();
    Box::into_pin(Box::write(place, make()))
}

pin_project! {
    /// The future of [`in_span`].
    pub(super) struct InSpan<T, F> {
        // `None` once it was dropped, with the span current.
        #[pin]
        sent: Option<F>,
        shared: Arc<Shared>,
        // The statement of the span, until it starts.
        statement: Option<Arc<Statement>>,
        span: SpanState,
        begun: Option<Stopwatch>,
        rows: fn(&T) -> Option<u64>,
    }

    impl<T, F> PinnedDrop for InSpan<T, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.span.leave(&mut || this.sent.set(None));
        }
    }
}

impl<T, F: Future<Output = Result<T, Error>>> Future for InSpan<T, F> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(statement) = this.statement.take() {
            *this.begun = Some(Stopwatch::start());
            start_statement_in(&this.shared.tracing.server, &statement, this.span);
        }
        let polling = PollGuard(this.span);
        let attached = polling.0.begin_poll();
        // There is one place that polls and one that returns, so that the result, which is large, is written where the
        // caller wants it.
        let poll = match this.sent.as_mut().as_pin_mut() {
            Some(sent) => sent.poll(task),
            None => gone(),
        };
        match (attached, &poll) {
            (None, _) => polling.end(),
            (Some(attached), Poll::Pending) => polling.pause(attached),
            (Some(attached), Poll::Ready(result)) => {
                let span = polling.0.active().filter(|span| span.may_be_recording());
                if let (Some(span), Ok(value)) = (span, result) {
                    if let Some(rows) = (this.rows)(value) {
                        super::note_rows(span, rows);
                    }
                }
                let (shared, begun) = (this.shared, this.begun);
                polling.finish(attached, &mut || observe(shared, begun, result));
            }
        }
        poll
    }
}

#[cold]
fn gone() -> ! {
    unreachable!("the inner future is dropped only with this one")
}

fn observe<T>(
    shared: &Shared,
    begun: &Option<Stopwatch>,
    result: &Result<T, Error>,
) -> Option<Failure> {
    if let Some(begun) = begun {
        shared.tracing.note_time(begun);
    }
    result.as_ref().err().map(failure)
}
