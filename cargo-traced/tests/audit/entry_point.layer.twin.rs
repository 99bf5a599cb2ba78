//! Middleware with a span of ours is around the handlers.

use axum::{Router, extract::Request, middleware::{self, Next}, response::Response, routing::get};

#[traced(kind = "server", extract = request.headers())]
async fn trace_requests(State(state): State<App>, request: Request, next: Next) -> Response {
    next.run(request).await
}

async fn list() -> String {
    String::new()
}

fn router() -> Router {
    Router::new().route("/orders", get(list)).layer(middleware::from_fn_with_state(state(), trace_requests))
}

fn main() {
    serve();
}
