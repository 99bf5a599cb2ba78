//! SQL in spans, with SQLite: the attributes of a statement's span, the handles, and how spans end.

mod attributes;
mod diesel;
mod diesel_async;
mod handles;
mod owners;
mod pools;
mod rows;
mod support;
