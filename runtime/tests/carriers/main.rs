//! Every carrier, by the same questions: one module a crate, each with its feature.

mod questions;

mod collections;
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
