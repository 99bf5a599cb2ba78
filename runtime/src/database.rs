//! Spans of SQL statements, shared by all libraries that send them.
//!
//! A [`Statement`] holds what is recorded of a statement's text: the text without literals, a summary of low
//! cardinality, the operation and the table. It is cached for each text ([`Statements`]), as parsing takes longer
//! than everything else in a span.
//!
//! Specification: OpenTelemetry semantic conventions, *Database client spans* and *SQL databases client
//! operations*.

mod server;
mod span;
mod statement;
mod statements;
mod summary;
#[cfg(test)]
mod tests;
mod tokens;

pub(crate) use self::server::{Server, System};
#[cfg(any(feature = "diesel", feature = "sea-orm"))]
pub(crate) use self::span::start_statement;
#[cfg(feature = "sqlx")]
pub(crate) use self::span::start_statement_in;
pub(crate) use self::span::{Tracing, is_absent};
#[cfg(feature = "sqlx")]
pub(crate) use self::statement::Statement;
pub(crate) use self::statements::Statements;
