//! Exchanges with real servers, one module a server. `tests/servers/run` starts them.
//!
//! The annotated functions are written as a user writes them: their spans come of `#[traced]`
//! alone, and no context is passed by hand.

mod docs;
mod history;
mod jobs;
mod kafka;
mod nats;
mod rabbitmq;
mod redis;
mod sql;
