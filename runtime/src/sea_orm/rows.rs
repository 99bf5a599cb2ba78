//! A row stream in a span.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use futures_core::Stream;
use sea_orm::{DbBackend, DbErr, QueryResult, Statement, StreamTrait};

use super::error::failure;
use super::{Connection, Shared, Traced};
use crate::current_context::ContextStack;
use crate::current_span::record;
use crate::database::{self, start_statement};
use crate::future::SpanState;
use crate::span::Started;
use crate::stopwatch::Stopwatch;

/// The rows of a statement, in a span that ends with the last row.
///
/// ```
/// use sea_orm::{DatabaseConnection, DbErr, Statement, StreamTrait};
/// use traced::sea_orm::{Rows, Traced};
///
/// type Orders<'d> = Rows<<DatabaseConnection as StreamTrait>::Stream<'d>>;
///
/// async fn orders(database: &Traced<DatabaseConnection>, all: Statement) -> Result<Orders<'_>, DbErr> {
///     database.stream_raw(all).await
/// }
/// ```
pub struct Rows<S> {
    /// `None` until the statement was sent, and once the stream was dropped with the span current.
    inner: Option<Pin<Box<S>>>,
    shared: Arc<Shared>,
    span: SpanState,
    begun: Stopwatch,
    rows: u64,
    /// Whether the last poll returned an item. Dropping the stream then does not count as cancelling it.
    gave_item: bool,
    has_failed: bool,
}

impl<S> Rows<S> {
    fn of(shared: &Arc<Shared>, text: &str) -> Self {
        let span = match database::is_absent() {
            true => Started::default(),
            false => {
                let statement = shared.statements.get(text);
                start_statement(&shared.tracing.server, &statement)
            }
        };
        Rows {
            inner: None,
            span: span.into(),
            shared: shared.clone(),
            begun: Stopwatch::start(),
            rows: 0,
            gave_item: false,
            has_failed: false,
        }
    }

    /// Calls `run` with the span current, if there is one that records.
    fn inside<R>(&self, run: impl FnOnce() -> R) -> Option<R> {
        let span = self.span.active().filter(|span| span.may_be_recording())?;
        let _attached = span.attach(ContextStack::of_this_thread()?);
        Some(run())
    }

    fn fail(&mut self, error: &DbErr) {
        if std::mem::replace(&mut self.has_failed, true) {
            return;
        }
        let failure = self.inside(|| failure(error));
        if let (Some(span), Some(failure)) = (self.span.active(), failure) {
            span.record_failure(failure);
        }
    }

    /// Records the number of rows and a slow statement, when the stream ends or is dropped.
    fn note_end(&self) {
        self.inside(|| {
            if self.inner.is_some() && !self.has_failed {
                let rows = self.rows;
                record(&mut |attributes| attributes.value("db.response.returned_rows", &rows));
            }
            self.shared.tracing.note_time(&self.begun);
        });
    }
}

impl<S: Stream<Item = Result<QueryResult, DbErr>>> Stream for Rows<S> {
    type Item = Result<QueryResult, DbErr>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else {
            return Poll::Ready(None);
        };
        let poll = this.span.enter(|| inner.as_mut().poll_next(task));
        this.gave_item = matches!(poll, Poll::Ready(Some(_)));
        match &poll {
            Poll::Ready(Some(Ok(_))) => this.rows += 1,
            Poll::Ready(Some(Err(error))) => this.fail(error),
            Poll::Ready(None) => {
                this.note_end();
                this.span.succeed();
            }
            Poll::Pending => {}
        }
        poll
    }
}

impl<S> Drop for Rows<S> {
    fn drop(&mut self) {
        self.note_end();
        let Rows { inner, span, .. } = self;
        let drop_inner = &mut || *inner = None;
        match self.gave_item || self.has_failed {
            true => span.leave_ended(drop_inner),
            false => span.leave(drop_inner),
        }
    }
}

impl<S> fmt::Debug for Rows<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Rows");
        debug.field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl<C: Connection> StreamTrait for Traced<C> {
    type Stream<'a>
        = Rows<C::Stream<'a>>
    where
        Self: 'a;

    fn get_database_backend(&self) -> DbBackend {
        StreamTrait::get_database_backend(&self.inner)
    }

    fn stream_raw<'a>(
        &'a self,
        statement: Statement,
    ) -> Pin<Box<dyn Future<Output = Result<Self::Stream<'a>, DbErr>> + 'a + Send>> {
        Box::pin(async move {
            let mut rows = Rows::of(&self.shared, &statement.sql);
            let mut sent = self.inner.stream_raw(statement);
            match poll_fn(|task| rows.span.enter(|| sent.as_mut().poll(task))).await {
                Ok(stream) => {
                    rows.inner = Some(Box::pin(stream));
                    Ok(rows)
                }
                Err(error) => {
                    rows.fail(&error);
                    Err(error)
                }
            }
        })
    }
}
