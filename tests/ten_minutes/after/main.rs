//! A service with a database, a queue and a client.

mod mail;
mod orders;
mod store;

use axum::Router;
use axum::routing::{get, post};
use traced::telemetry::TelemetryBuilder;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = traced::init!(TelemetryBuilder::default().flush_on_signals())?;
    let store = store::Store::open("sqlite::memory:").await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    println!("http://{address}");
    let queue = mail::start(format!("http://{address}/smtp"));
    let app = Router::new()
        .route("/orders", post(orders::place))
        .route("/orders/{id}", get(orders::show))
        .route("/smtp", post(async || "250 OK")) // somebody else's, in real life
        .with_state(orders::App { store, queue })
        .layer(traced::tower::server());
    axum::serve(listener, app).await?;
    Ok(())
}
