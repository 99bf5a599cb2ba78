//! An order service whose telemetry is configured by the environment: one line in `main`.
//!
//! ```sh
//! cargo run -p traced-examples --example otlp      # trees on the terminal
//!
//! export OTEL_SERVICE_NAME=orders OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318
//! cargo run -p traced-examples --example otlp      # spans to the collector that listens there
//! ```
//!
//! `OTEL_EXPORTER_OTLP_PROTOCOL` is `http/protobuf`, `http/json` or `grpc` (whose port is usually
//! 4317). When `main` returns the guard flushes, and says on stderr what did not get out.

use std::collections::HashMap;
use std::error::Error;
use std::thread;

use traced::{event, traced};

fn main() -> Result<(), Box<dyn Error>> {
    let _telemetry = traced::init!()?;

    // The headers of an incoming request; the sender's span is the parent of ours.
    let headers = HashMap::from([
        (
            "traceparent".to_owned(),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
        ),
        ("tracestate".to_owned(), "shop=front".to_owned()),
    ]);
    let order = Order {
        id: 7,
        products: vec![
            "teapot".into(),
            "cup".into(),
            "a spoon whose name is longer than some would like".into(),
        ],
    };
    let outcome = receive(&headers, &order);
    println!("{outcome:?}");
    Ok(())
}

#[derive(Debug)]
struct Order {
    id: u64,
    products: Vec<String>,
}

#[derive(Debug, Default)]
struct Message {
    headers: HashMap<String, String>,
    body: String,
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is out of stock")]
struct OutOfStock(String);

#[traced(
    name = "POST /orders",
    kind = "server",
    extract = headers,
    attributes(http.request.method = "POST", order.id = order.id, order.products = order.products)
)]
fn receive(headers: &HashMap<String, String>, order: &Order) -> Result<(), OutOfStock> {
    let total = price(order);
    let mut message = Message {
        body: format!("order {} over {total}", order.id),
        ..Message::default()
    };
    publish(&mut message);
    // In a real system this is another service.
    let consumer = thread::spawn(move || consume(&message));
    let reserved = order
        .products
        .iter()
        .try_for_each(|product| reserve(product));
    let _ = consumer.join();
    reserved
}

#[traced]
fn price(order: &Order) -> f64 {
    for product in &order.products {
        event!("priced", product = product, rebate = false);
    }
    let total = 1.5 * order.products.len() as f64;
    traced::set_attributes!(order.total = total);
    total
}

#[traced(kind = "client", attributes(product, db.system.name = "sqlite"))]
fn reserve(product: &str) -> Result<(), OutOfStock> {
    match product {
        "cup" => Err(OutOfStock(product.into())),
        _ => Ok(()),
    }
}

#[traced(kind = "producer", inject = &mut message.headers)]
fn publish(message: &mut Message) {
    message.body.push('.');
}

/// Work that outlives the request: a trace of its own, linked to the span that caused it.
#[traced(kind = "consumer", root, links = [traced::extract(&message.headers)], scope = "billing")]
fn consume(message: &Message) -> usize {
    message.body.len()
}
