//! SQL of [sqlx](https://docs.rs/sqlx) in spans (feature `sqlx`): one line around the pool.
//!
//! ```
//! use sqlx::{Database, Error, Executor, Pool};
//! use traced::sqlx::Traced;
//!
//! async fn prepare<DB: Database>(pool: Pool<DB>) -> Result<(), Error>
//! where
//!     for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
//! {
//!     let pool = Traced::new(pool);
//!     pool.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)").await?;
//!     let mut transaction = pool.begin().await?;
//!     insert(&mut *transaction).await?;
//!     transaction.commit().await
//! }
//!
//! async fn insert<'c>(database: impl Executor<'c>) -> Result<(), Error> {
//!     database.execute("INSERT INTO orders (id) VALUES (7)").await?;
//!     Ok(())
//! }
//! ```
//!
//! A [`Traced`] pool, connection or transaction is an [`Executor`](sqlx::Executor) by reference, as sqlx's own
//! are: `&pool`, `&mut connection`, `&mut *transaction`. Queries need no change, nor do functions that take
//! `impl PgExecutor<'_>` and the like. A function that takes
//! `&mut PgConnection` gets a connection without spans; change it to take an executor.
//!
//! # What is recorded
//!
//! Each statement has a span of kind CLIENT that follows the semantic conventions for databases. Its name is a summary
//! of the statement (`SELECT orders`, `INSERT orders SELECT products`), and its attributes are `db.system.name`,
//! `db.namespace`, `server.address`, `server.port`, `db.query.text`, `db.query.summary`, `db.operation.name`
//! and `db.collection.name` if the statement has only one, and `db.response.returned_rows`. Literals in the text are
//! replaced by `?`; bound parameters are not recorded. An error fails the span, with its SQLSTATE (for SQLite its
//! extended code) as `db.response.status_code` and `error.type`. The span of a row stream ends with the stream, or
//! when the consumer drops it between two rows.
//!
//! A wait of at least 10 milliseconds for a connection of the pool has a span `acquire connection`, and a statement
//! that takes at least a second has an event `slow statement`; both times can be set.
//!
//! Specification: OpenTelemetry semantic conventions, *Database client spans*.

mod error;
mod executor;
mod in_span;
mod items;
mod query;
mod rows;
mod server;
mod shared;
mod traced;
mod transactions;
mod wait;

use opentelemetry::KeyValue;
use opentelemetry::trace::TraceContextExt as _;

#[cfg(feature = "sea-orm")]
pub(crate) use self::error::error_type;
pub use self::traced::{ConnectionHandle, Handle, Instrumented, Traced};
use crate::span::ActiveSpan;

/// Records how many rows a statement returned.
fn note_rows(span: &ActiveSpan, rows: u64) {
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let attribute = KeyValue::new("db.response.returned_rows", rows);
    span.context().span().set_attribute(attribute);
}
