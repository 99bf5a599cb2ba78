//! Statements of SQL as their spans show them, for every library that sends them.
//!
//! A [`Statement`] is what is recorded of a text: the text without its literals, a summary of low
//! cardinality, the operation, the table. It is found out once for each text ([`Statements`]), as reading a
//! text takes longer than all the rest of a span.
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
pub(crate) use self::span::{Tracing, is_absent, start_statement};
#[cfg(feature = "sqlx")]
pub(crate) use self::statement::Statement;
pub(crate) use self::statements::Statements;
