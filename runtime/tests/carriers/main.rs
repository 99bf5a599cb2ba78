//! Every carrier passes the same checks, those of `checks`; each module adds what only the carriers of its crate do.

mod checks;

#[cfg(feature = "actix-web")]
mod actix_web;
mod collections;
mod environment;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "lapin")]
mod lapin;
#[cfg(feature = "async-nats")]
mod nats;
#[cfg(feature = "rdkafka")]
mod rdkafka;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "tonic")]
mod tonic;
