//! Shared by the processes of the shop: messages, queues, starting and stopping.

pub mod database;
pub mod queues;

use std::env::{self, VarError};
use std::io;

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// The generated client and server of the gRPC service that `build.rs` describes.
pub mod grpc {
    #![allow(missing_docs, unreachable_pub, clippy::all)]
    include!(concat!(env!("OUT_DIR"), "/shop.v1.Orders.rs"));
}

/// An order: JSON for the gateway, protobuf for the order service.
#[derive(Clone, PartialEq, Deserialize, Serialize, prost::Message)]
pub struct NewOrder {
    /// The name of the product.
    #[prost(string, tag = "1")]
    pub product: String,
    /// The number of pieces.
    #[prost(uint32, tag = "2")]
    pub quantity: u32,
}

/// An accepted order.
#[derive(Clone, Copy, PartialEq, Deserialize, Serialize, prost::Message)]
pub struct Placed {
    /// The number of the order.
    #[prost(int64, tag = "1")]
    pub id: i64,
    /// The price in cents.
    #[prost(int64, tag = "2")]
    pub total: i64,
}

/// The event of an accepted order.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct OrderPlaced {
    /// The number of the order.
    pub id: i64,
    /// The order.
    pub order: NewOrder,
}

/// A setting of the process, from its environment.
pub fn setting(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| match error {
        VarError::NotPresent => format!("{name} is not set; examples/shop/run sets it"),
        VarError::NotUnicode(_) => format!("{name} is not text"),
    })
}

/// Listens on a port of the loopback, and prints which.
pub async fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("ready {}", listener.local_addr()?);
    Ok(listener)
}

/// Waits until the process is asked to stop.
///
/// # Panics
///
/// If the signal handler cannot be installed.
pub async fn stopped() {
    let mut terminated = signal(SignalKind::terminate()).expect("a process hears of its signals");
    tokio::select! {
        _ = terminated.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
