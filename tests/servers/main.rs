//! Exchanges with real servers, one module a server. `tests/servers/run` starts them.
//!
//! A module holds what a user writes: spans come of `#[traced]` alone, and no context is passed by
//! hand. Its `tests` run that and look at the spans.

mod docs;
mod history;
mod jobs;
mod kafka;
#[cfg(test)]
mod mariadb;
mod nats;
mod rabbitmq;
mod redis;
mod sql;
