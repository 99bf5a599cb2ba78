//! Programs that talk to real servers, one module for each server. `tests/servers/run` starts the servers.
//!
//! A module is written as a user writes it: its spans come from `#[traced]` alone, and it passes no context by hand.
//! Its module `tests` runs it and looks at the spans.

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
