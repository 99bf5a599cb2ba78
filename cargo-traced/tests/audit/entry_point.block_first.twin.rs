//! Closures whose bodies begin with a block and go on behind it: of `from_fn`, which middleware has too, and of a handler.

use axum::{Router, routing::get};

fn masks(bits: [bool; 4]) -> [u64; 4] {
    std::array::from_fn(|index| if bits[index] { 1 } else { 0 } as u64)
}

fn router() -> Router {
    Router::new().route("/ready", get(|| match is_ready() { ready => ready } == true))
}

fn is_ready() -> bool {
    true
}

fn main() {
    serve();
}
