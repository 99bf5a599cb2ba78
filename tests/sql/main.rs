//! SQL in spans, with SQLite: what is recorded, by which handle it is sent, and how it ends.

mod attributes;
mod diesel;
mod handles;
mod owners;
mod pools;
mod rows;
mod support;
