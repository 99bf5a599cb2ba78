// depends: lapin tower
// without: traced
//! Names that the libraries for spans have too, of other types, and a span that nobody enters.

use axum::{Router, routing::get};

/// A macro of `tracing`, whose span is made and left.
async fn leaves_it(id: u64) -> String { //~ entry_point
    span!(Level::INFO, "GET /a", id);
    String::new()
}

/// A parser, which notes where a token stands.
async fn parses(text: String) -> String { //~ entry_point
    parser().with_span(|span| text[span].to_owned())
}

fn router() -> Router {
    Router::new().route("/a", get(leaves_it)).route("/b", get(parses))
}

async fn consume(mut consumer: lapin::Consumer) {
    while let Some(delivery) = consumer.next().await { //~ entry_point
        index(delivery).await;
    }
}

/// A tree, whose nodes have parents.
async fn index(delivery: Delivery) {
    let mut node = Node::of(delivery);
    node.set_parent(root());
}

fn main() {
    serve();
}
