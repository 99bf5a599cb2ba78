//! A row stream in a span.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;
use sqlx::{Database, Either, Error};

use super::error::failure;
use super::items::{Progress, Source};
use super::shared::Shared;
use crate::current_context::ContextStack;
use crate::database::{Statement, start_statement_in};
use crate::future::SpanState;
use crate::span::Started;
use crate::stopwatch::Stopwatch;

/// A result of a statement, or a row of it.
pub(super) type Item<DB> =
    Result<Either<<DB as Database>::QueryResult, <DB as Database>::Row>, Error>;

pin_project! {
    /// The rows of a statement, in a span that begins with the first poll and ends with the last row.
    pub(super) struct Rows<DB: Database, S> {
        // `None` once it was dropped, with the span current.
        #[pin]
        source: Option<S>,
        read: Read<DB>,
    }

    impl<DB: Database, S> PinnedDrop for Rows<DB, S> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.read.note_end();
            let drop_source = &mut || this.source.set(None);
            match this.read.gave_item {
                true => this.read.span.leave_ended(drop_source),
                false => this.read.span.leave(drop_source),
            }
        }
    }
}

/// What was read, and the span.
struct Read<DB: Database> {
    /// Items that are read and not yet returned.
    ahead: VecDeque<Item<DB>>,
    has_ended: bool,
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

impl<DB: Database, S: Source<Item<DB>>> Rows<DB, S> {
    #[inline(always)]
    pub(super) fn new(shared: Arc<Shared>, statement: Arc<Statement>, source: S) -> Self {
        let changes_rows = statement.changes_rows();
        Rows {
            source: Some(source),
            read: Read {
                ahead: VecDeque::new(),
                has_ended: false,
                shared,
                statement: Some(statement),
                span: SpanState::from(Started::default()),
                begun: None,
                rows: 0,
                gave_item: false,
                has_failed: false,
                changes_rows,
            },
        }
    }
}

impl<DB: Database> Read<DB> {
    fn start(&mut self) {
        if let Some(statement) = self.statement.take() {
            self.begun = Some(Stopwatch::start());
            start_statement_in(&self.shared.tracing.server, &statement, &mut self.span);
        }
    }

    /// Reads the items that are there, with the span current. Returns the first; `None` after the last.
    fn first_of(
        &mut self,
        source: Pin<&mut impl Source<Item<DB>>>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Item<DB>>> {
        let Read { ahead, span, .. } = self;
        let progress = ready!(span.enter(|| source.read(task, ahead)));
        self.has_ended = progress == Progress::Ended;
        Poll::Ready(ahead.pop_front())
    }

    /// Records the number of rows and a slow statement, when the stream ends or is dropped.
    fn note_end(&self) {
        let Some(span) = self.span.active().filter(|span| span.may_be_recording()) else {
            return;
        };
        // Without `RETURNING`, a statement that changes rows returns none.
        let returns_rows = self.rows > 0 || !self.changes_rows;
        if !self.has_failed && returns_rows {
            super::note_rows(span, self.rows);
        }
        let Some(elapsed) = self.begun.as_ref().map(Stopwatch::elapsed) else {
            return;
        };
        if self.shared.tracing.is_slow(elapsed) {
            let Some(stack) = ContextStack::of_this_thread() else {
                return;
            };
            let attached = span.attach(stack);
            self.shared.tracing.note_slow(elapsed);
            drop(attached);
        }
    }

    fn note_item(&mut self, item: &Item<DB>) {
        match item {
            Ok(Either::Left(_)) => {}
            Ok(Either::Right(_)) => self.rows += 1,
            Err(error) if !self.has_failed => {
                self.has_failed = true;
                let span = self.span.active().filter(|span| span.may_be_recording());
                let (Some(span), Some(stack)) = (span, ContextStack::of_this_thread()) else {
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

impl<DB: Database, S: Source<Item<DB>>> Stream for Rows<DB, S> {
    type Item = Item<DB>;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let read = this.read;
        read.start();
        let poll = match (read.ahead.pop_front(), this.source.as_pin_mut()) {
            (Some(item), _) => Poll::Ready(Some(item)),
            (None, Some(source)) if !read.has_ended => read.first_of(source, task),
            _ => Poll::Ready(None),
        };
        read.gave_item = matches!(poll, Poll::Ready(Some(_)));
        match &poll {
            Poll::Ready(Some(item)) => read.note_item(item),
            Poll::Ready(None) => {
                read.note_end();
                read.span.succeed();
            }
            Poll::Pending => {}
        }
        poll
    }
}
