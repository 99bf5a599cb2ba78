// depends: tower opentelemetry
//! The layer of the program starts a span by hand.

use axum::{Router, extract::Request, routing::get};
use opentelemetry::{Context, global, trace::{FutureExt, TraceContextExt, Tracer, WithContext}};

impl<S> tower::Layer<S> for TracingLayer {
    type Service = TracingService<S>;

    fn layer(&self, inner: S) -> TracingService<S> {
        TracingService(inner)
    }
}

impl<S: tower::Service<Request>> tower::Service<Request> for TracingService<S> {
    fn call(&mut self, request: Request) -> WithContext<S::Future> {
        let span = global::tracer("http").start(request.method().to_string());
        self.0.call(request).with_context(Context::current_with_span(span))
    }
}

async fn list() -> String {
    String::new()
}

fn router() -> Router {
    Router::new().route("/orders", get(list)).layer(TracingLayer)
}

fn main() {
    serve();
}
