//! A closure that logs itself, or that calls more than a function that begins a trace.

use axum::{Router, routing::get};

#[traced(kind = "server")]
async fn list(id: u64) -> String {
    info!("listing");
    String::new()
}

async fn check(id: u64) {
    info!("checking");
}

fn router() -> Router {
    Router::new()
        .route("/logs", get(|Path(id): Path<u64>| async move { //~ entry_point
            info!("asked for {id}");
            list(id).await
        }))
        .route("/checks", get(|Path(id): Path<u64>| async move { //~ entry_point
            check(id).await;
            list(id).await
        }))
}

fn main() {
    serve();
}
