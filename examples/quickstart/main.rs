//! A small order service and its traces: `cargo run --example quickstart`.
//!
//! An HTTP server on loopback, a client that calls it, a database, a task in the
//! background of each order and a thread for heavy work. Every function that deserves a
//! span says so with `#[traced]`, and that is all: nothing is passed along by hand, yet
//! each request is one tree, from the client to the last thread.
//!
//! Read on in `server.rs`.

mod client;
mod parcels;
mod server;
mod store;
#[cfg(test)]
mod tests;

use std::error::Error;

use opentelemetry_sdk::trace::SdkTracerProvider;
use traced::console::ConsoleProcessor;

use crate::client::Shop;
use crate::server::Server;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    print_traces_with(ConsoleProcessor::new()).await?;
    println!("Three requests, three traces: an order, an error and a panic.");
    Ok(())
}

async fn print_traces_with(console: ConsoleProcessor) -> Result<(), Box<dyn Error>> {
    let provider = SdkTracerProvider::builder()
        .with_span_processor(console)
        .build();
    traced::set_tracer_provider(provider.clone());
    traced::propagation::use_w3c();

    send_requests().await?;

    provider.shutdown()?;
    Ok(())
}

/// Starts the service, sends it some requests, one after the other, and stops it.
async fn send_requests() -> Result<(), Box<dyn Error>> {
    let server = Server::start().await?;
    let shop = Shop::at(server.address)?;

    let order = shop.order("teapot", 3).await?;
    assert_eq!((order.id, order.total, order.boxes), (1, 7_200, 3));
    server.settle().await;

    // There are only twelve: the database refuses.
    assert_fails_with_500(shop.order("teapot", 1_000).await.err());

    // Nobody ordered one so far: the handler divides by zero.
    assert_fails_with_500(shop.average_order("samovar").await.err());

    server.stop().await
}

fn assert_fails_with_500(error: Option<reqwest::Error>) {
    let status = error.and_then(|error| error.status());
    assert_eq!(status, Some(reqwest::StatusCode::INTERNAL_SERVER_ERROR));
}
