//! Middleware without a span is around the handlers.

use axum::{Router, extract::Request, middleware::{self, Next}, response::Response, routing::get};

async fn authorize(request: Request, next: Next) -> Response {
    check(&request).await;
    next.run(request).await
}

#[traced]
async fn check(request: &Request) {}

async fn list() -> String { //~ entry_point
    String::new()
}

fn router() -> Router {
    Router::new().route("/orders", get(list)).layer(middleware::from_fn(authorize))
}

fn main() {
    serve();
}
