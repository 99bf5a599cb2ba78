//! What the processes of the shop agree on: messages, queues, how to start and to stop.

pub mod database;
pub mod queues;

use std::env::{self, VarError};
use std::io;

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// The client and the server of the gRPC service, which `build.rs` describes.
pub mod grpc {
    #![allow(missing_docs, unreachable_pub, clippy::all)]
    include!(concat!(env!("OUT_DIR"), "/shop.v1.Orders.rs"));
}

/// What a customer wants: JSON for the gateway, protobuf for the orders.
#[derive(Clone, PartialEq, Deserialize, Serialize, prost::Message)]
pub struct NewOrder {
    /// The name of the product.
    #[prost(string, tag = "1")]
    pub product: String,
    /// How many of it.
    #[prost(uint32, tag = "2")]
    pub quantity: u32,
}

/// What a customer gets.
#[derive(Clone, Copy, PartialEq, Deserialize, Serialize, prost::Message)]
pub struct Placed {
    /// The number of the order.
    #[prost(int64, tag = "1")]
    pub id: i64,
    /// What it costs, in cents.
    #[prost(int64, tag = "2")]
    pub total: i64,
}

/// What everybody else hears of an order.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct OrderPlaced {
    /// The number of the order.
    pub id: i64,
    /// What was ordered.
    pub order: NewOrder,
}

/// A setting of the process, from its environment.
pub fn setting(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| match error {
        VarError::NotPresent => format!("{name} is not set; examples/shop/run sets it"),
        VarError::NotUnicode(_) => format!("{name} is not text"),
    })
}

/// A port of the loopback; says which on the standard output.
pub async fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("ready {}", listener.local_addr()?);
    Ok(listener)
}

/// Waits until somebody asks the process to stop.
///
/// # Panics
///
/// If the system refuses to tell.
pub async fn stopped() {
    let mut terminated = signal(SignalKind::terminate()).expect("a process hears of its signals");
    tokio::select! {
        _ = terminated.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
