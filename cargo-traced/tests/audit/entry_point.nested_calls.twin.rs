//! What a closure of a handler calls is no handler, and a closure that only calls a function that begins a trace needs no span itself.

use axum::{Router, routing::{get, post}};

#[traced(kind = "server")]
async fn list(id: u64) -> String {
    info!("listing");
    String::new()
}

/// Not a handler, and not a method of axum's either.
fn encode(body: String) -> String {
    body
}

fn router(pool: Pool) -> Router {
    Router::new()
        .route("/orders", post(move |body: String| async move { pool.client().post(encode).send(body).await }))
        .route("/orders/{id}", get(|Path(id): Path<u64>| async move { list(id).await }))
        .route("/all", get(|| async { list(0).await }))
}

fn main() {
    serve();
}
