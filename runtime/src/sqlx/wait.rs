//! The wait for a connection of a pool, which has a span of its own if it is long.

use std::time::SystemTime;

use opentelemetry::trace::SpanKind;
use sqlx::pool::PoolConnection;
use sqlx::{Database, Error, Pool};

use super::error::failure;
use crate::call_site::CallSite;
use crate::database::Tracing;
use crate::span::ActiveSpan;
use crate::stopwatch::Stopwatch;

static WAIT: CallSite = CallSite::new(
    "acquire connection",
    SpanKind::Internal,
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_VERSION"),
    "traced::sqlx",
)
.of_no_function();

/// Acquires a connection.
pub(super) async fn acquire<DB: Database>(
    pool: &Pool<DB>,
    tracing: &Tracing,
) -> Result<PoolConnection<DB>, Error> {
    if WAIT.is_absent() {
        return pool.acquire().await;
    }
    let mut wait = Wait {
        tracing,
        begun: Some(Stopwatch::start()),
    };
    let acquired = pool.acquire().await;
    wait.over(acquired.as_ref().err());
    acquired
}

/// A wait that is not over. Dropping it means that the waiting future was dropped.
struct Wait<'t> {
    tracing: &'t Tracing,
    begun: Option<Stopwatch>,
}

impl Wait<'_> {
    fn over(&mut self, error: Option<&Error>) {
        self.record(error.is_some(), |span| {
            if let Some(error) = error {
                // The database's error code is recorded on the span of the statement.
                span.record_failure(failure(error));
            }
            span.end();
        });
    }

    /// Makes the span afterwards, with the start time of the wait, once the wait is known to be long.
    fn record(&mut self, always: bool, end: impl FnOnce(&ActiveSpan)) {
        let Some(elapsed) = self.begun.take().map(|begun| begun.elapsed()) else {
            return;
        };
        if !always && elapsed < self.tracing.long_wait {
            return;
        }
        let started = WAIT.start_with(&mut |options| {
            if let Some(begun) = SystemTime::now().checked_sub(elapsed) {
                options.started(begun);
            }
            let server = self.tracing.server.attributes();
            options.attributes(server.len()).constant(server);
        });
        if let Some(span) = &started.of_call().active {
            end(span);
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.record(false, ActiveSpan::cancel);
    }
}
