//! Traces over HTTP, between servers and clients on loopback.

mod client;
mod middleware;
mod server;
#[path = "../servers_in_process/serving.rs"]
mod serving;
mod support;
