// depends: lapin opentelemetry tracing-opentelemetry
//! The same names, of the libraries for spans.

use axum::{Router, routing::get};

async fn enters_it(id: u64) -> String {
    let _entered = span!(Level::INFO, "GET /a", id).entered();
    String::new()
}

async fn with_opentelemetry(text: String) -> String {
    let context = Context::current().with_span(tracer().start("GET /b"));
    parse(text).with_context(context).await
}

fn router() -> Router {
    Router::new().route("/a", get(enters_it)).route("/b", get(with_opentelemetry))
}

async fn consume(mut consumer: lapin::Consumer) {
    while let Some(delivery) = consumer.next().await {
        index(delivery).await;
    }
}

async fn index(delivery: Delivery) {
    let span = info_span!("index");
    span.set_parent(extract(&delivery));
    store(delivery).instrument(span).await;
}

fn main() {
    serve();
}
