//! A row stream in a span.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use futures_core::Stream;
use futures_core::stream::BoxStream;
use sqlx::{Database, Either, Error};

use super::error::failure;
use super::shared::Shared;
use crate::current_context::ContextStack;
use crate::database::{Statement, start_statement_in};
use crate::future::SpanState;
use crate::span::Started;
use crate::stopwatch::Stopwatch;

/// A result of a statement, or a row of it.
pub(super) type Item<DB> =
    Result<Either<<DB as Database>::QueryResult, <DB as Database>::Row>, Error>;

/// The rows of a statement, in a span that begins with the first poll and ends with the last row.
pub(super) struct Rows<'e, DB: Database> {
    /// `None` once it was dropped, with the span current.
    inner: Option<BoxStream<'e, Item<DB>>>,
    shared: Arc<Shared>,
    /// The statement of the span, until it starts.
    statement: Option<Arc<Statement>>,
    span: SpanState,
    begun: Option<Stopwatch>,
    rows: u64,
    /// Whether the last poll returned an item. Dropping the stream then does not count as cancelling it.
    gave_item: bool,
    has_failed: bool,
    changes_rows: bool,
}

impl<'e, DB: Database> Rows<'e, DB> {
    pub(super) fn new(
        shared: Arc<Shared>,
        statement: Arc<Statement>,
        inner: BoxStream<'e, Item<DB>>,
    ) -> Self {
        let changes_rows = statement.changes_rows();
        Rows {
            inner: Some(inner),
            shared,
            statement: Some(statement),
            span: SpanState::from(Started::default()),
            begun: None,
            rows: 0,
            gave_item: false,
            has_failed: false,
            changes_rows,
        }
    }

    fn start(&mut self) {
        if let Some(statement) = self.statement.take() {
            self.begun = Some(Stopwatch::start());
            start_statement_in(&self.shared.tracing.server, &statement, &mut self.span);
        }
    }

    /// Records the number of rows and a slow statement, when the stream ends or is dropped.
    fn note_end(&self) {
        let Some(span) = self.span.active().filter(|span| span.may_be_recording()) else {
            return;
        };
        let Some(stack) = ContextStack::of_this_thread() else {
            return;
        };
        let attached = span.attach(stack);
        // Without `RETURNING`, a statement that changes rows returns none.
        let returns_rows = self.rows > 0 || !self.changes_rows;
        if !self.has_failed && returns_rows {
            super::note_rows(span, self.rows);
        }
        if let Some(begun) = &self.begun {
            self.shared.tracing.note_time(begun);
        }
        drop(attached);
    }

    fn note_item(&mut self, item: &Item<DB>, stack: ContextStack) {
        match item {
            Ok(Either::Left(_)) => {}
            Ok(Either::Right(_)) => self.rows += 1,
            Err(error) if !self.has_failed => {
                self.has_failed = true;
                let Some(span) = self.span.active().filter(|span| span.may_be_recording()) else {
                    return;
                };
                let attached = span.attach(stack);
                let failure = failure(error);
                drop(attached);
                span.record_failure(failure);
            }
            Err(_) => {}
        }
    }
}

impl<DB: Database> Stream for Rows<'_, DB> {
    type Item = Item<DB>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        this.start();
        let Some(inner) = &mut this.inner else {
            return Poll::Ready(None);
        };
        let stack = ContextStack::of_this_thread();
        let (Some(stack), Some(_)) = (stack, this.span.active()) else {
            return inner.as_mut().poll_next(task);
        };
        let poll = this.span.enter(|| inner.as_mut().poll_next(task));
        this.gave_item = matches!(poll, Poll::Ready(Some(_)));
        match &poll {
            Poll::Ready(Some(item)) => this.note_item(item, stack),
            Poll::Ready(None) => {
                this.note_end();
                this.span.succeed();
            }
            Poll::Pending => {}
        }
        poll
    }
}

impl<DB: Database> Drop for Rows<'_, DB> {
    fn drop(&mut self) {
        self.note_end();
        let Rows { inner, span, .. } = self;
        let drop_inner = &mut || *inner = None;
        match self.gave_item {
            true => span.leave_ended(drop_inner),
            false => span.leave(drop_inner),
        }
    }
}
