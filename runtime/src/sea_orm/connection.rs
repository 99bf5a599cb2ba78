//! Statements that return a result, a row or all rows.

use std::future::Future;

use opentelemetry::trace::SpanKind;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use super::error::failure;
use super::{Connection, Shared, Traced};
use crate::current_span::record;
use crate::database::{self, start_statement};
use crate::failure::Failure;
use crate::future::future;
use crate::outcome::Observer;
use crate::stopwatch::Stopwatch;

/// Runs `sent` in the span of `statement`.
pub(super) async fn in_span<T>(
    shared: &Shared,
    statement: &database::Statement,
    rows: fn(&T) -> Option<usize>,
    sent: impl Future<Output = Result<T, DbErr>>,
) -> Result<T, DbErr> {
    let span = start_statement(&shared.tracing.server, statement);
    let observer = StatementObserver {
        shared,
        begun: Stopwatch::start(),
        rows,
    };
    future(span, sent, observer).await
}

struct StatementObserver<'s, T> {
    shared: &'s Shared,
    begun: Stopwatch,
    /// Returns the number of rows of a result, if the statement returns rows.
    rows: fn(&T) -> Option<usize>,
}

impl<T> Observer<Result<T, DbErr>> for StatementObserver<'_, T> {
    fn observe_on(&mut self, _: &SpanKind, result: &Result<T, DbErr>) -> Option<Failure> {
        self.shared.tracing.note_time(&self.begun);
        match result {
            Ok(value) => {
                if let Some(rows) = (self.rows)(value) {
                    record(&mut |attributes| {
                        attributes.value("db.response.returned_rows", &rows);
                    });
                }
                None
            }
            Err(error) => Some(failure(error)),
        }
    }
}

/// For statements without rows.
pub(super) fn no_rows<T>(_: &T) -> Option<usize> {
    None
}

impl<C: Connection> Traced<C> {
    async fn send<T>(
        &self,
        text: &str,
        rows: fn(&T) -> Option<usize>,
        sent: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        if database::is_absent() {
            return sent.await;
        }
        let statement = self.shared.statements.get(text);
        in_span(&self.shared, &statement, rows, sent).await
    }
}

#[async_trait::async_trait]
impl<C: Connection> ConnectionTrait for Traced<C> {
    fn get_database_backend(&self) -> DbBackend {
        ConnectionTrait::get_database_backend(&self.inner)
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let text = statement.sql.clone();
        self.send(&text, no_rows, self.inner.execute_raw(statement))
            .await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.send(sql, no_rows, self.inner.execute_unprepared(sql))
            .await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let text = statement.sql.clone();
        let rows = |row: &Option<QueryResult>| Some(usize::from(row.is_some()));
        self.send(&text, rows, self.inner.query_one_raw(statement))
            .await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let text = statement.sql.clone();
        let rows = |rows: &Vec<QueryResult>| Some(rows.len());
        self.send(&text, rows, self.inner.query_all_raw(statement))
            .await
    }

    fn support_returning(&self) -> bool {
        self.inner.support_returning()
    }

    fn is_mock_connection(&self) -> bool {
        self.inner.is_mock_connection()
    }
}
