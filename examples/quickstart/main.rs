//! A small order service and its traces: `cargo run --example quickstart`.
//!
//! An HTTP server on loopback, a client that calls it, a database, a background task for each order
//! and a thread for heavy work. Every function with a span has `#[traced]` on it, and that is all:
//! no context is passed by hand, and each request is one tree from the client to the last thread.
//!
//! With `-- --html` it also writes the traces to a page that opens in any browser. With
//! `OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318` the traces go to a collector too.
//!
//! Read on in `server.rs`.

mod client;
mod parcels;
mod server;
mod store;
#[cfg(test)]
mod tests;

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};

use traced::console::ConsoleProcessor;
use traced::telemetry::{InitError, Otlp, TelemetryBuilder, TelemetryGuard};
use traced::traced;

use crate::client::Shop;
use crate::server::Server;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let page = env::args().any(|argument| argument == "--html").then(page);
    let telemetry = telemetry(page.as_deref())?;
    send_requests().await?;
    // Prints, writes and exports what is pending, before the last lines are printed.
    drop(telemetry);
    println!("Three requests, three traces: an order, an error and a panic.");
    match page {
        Some(page) => println!("Open them in a browser: {}", page.display()),
        None => println!("As a page for the browser: cargo run --example quickstart -- --html"),
    }
    Ok(())
}

/// `quickstart.html` in Cargo's target folder.
fn page() -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    let target = program.ancestors().nth(3).unwrap_or(Path::new(""));
    target.join("quickstart.html")
}

/// The settings that `traced::init!()` would take from the environment: trees, whether standard
/// output is a terminal or not.
fn telemetry(page: Option<&Path>) -> Result<TelemetryGuard, InitError> {
    let trees = ConsoleProcessor::builder().stdout().build();
    let mut builder = TelemetryBuilder::default().console(trees);
    if let Some(page) = page {
        builder = builder.html(page);
    }
    if env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() {
        builder = builder.otlp(Otlp::new());
    }
    traced::init!(builder)
}

/// Starts the service, sends three requests one after the other, and stops the service.
async fn send_requests() -> Result<(), Box<dyn Error>> {
    let server = Server::start().await?;
    let shop = Shop::at(server.address)?;

    let order = request("buy teapots", shop.order("teapot", 3), &server).await?;
    assert_eq!((order.id, order.total, order.boxes), (1, 7_200, 3));

    // There are only twelve teapots, so the database refuses.
    let refused = request("buy too many", shop.order("teapot", 1_000), &server).await;
    assert_eq!(status_of(refused), Some(500));

    // Nobody has ordered a samovar, so the handler divides by zero.
    let panicked = request("ask in vain", shop.average_order("samovar"), &server).await;
    assert_eq!(status_of(panicked), Some(500));

    server.stop().await
}

/// The span of one request, which is the root of its trace.
#[traced(name = name)]
async fn request<T>(
    name: &'static str,
    sent: impl Future<Output = Result<T, reqwest::Error>>,
    server: &Server,
) -> Result<T, reqwest::Error> {
    let answer = sent.await;
    // A background task may start after its request was answered, so wait before the tree is
    // printed.
    server.settle().await;
    answer
}

fn status_of<T>(answer: Result<T, reqwest::Error>) -> Option<u16> {
    Some(answer.err()?.status()?.as_u16())
}
