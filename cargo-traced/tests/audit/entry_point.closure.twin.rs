//! Closures that only answer, make a span or call a function that begins a trace; `handler` and `routes!` of others.

#[traced(kind = "server", extract = headers)]
async fn list(headers: HeaderMap) -> String {
    load().await
}

#[traced]
async fn load() -> String {
    String::new()
}

fn version() -> &'static str {
    "1.0"
}

#[handler]
async fn of_events(event: Event) {}

fn router(pool: Pool) -> Router {
    Router::new()
        .route("/health", get(|| async { "ok" }))
        .route("/version", get(|| async { version() }))
        .route("/orders", get(|headers| async move { list(headers).await }))
        .route("/more", get(|| async move { traced::span!("GET /more", { load().await }) }))
        .routes(routes!(list))
}

fn main() {
    serve();
}
