// depends: tower opentelemetry
//! A layer around the client of another service makes a span for each request that is sent, and none for those that arrive.
//! A `from_fn` that makes a list makes no layer.

use std::array;
use axum::{Router, extract::Request, routing::get};

impl<S> tower::Layer<S> for PropagationLayer {
    type Service = Propagation<S>;

    fn layer(&self, inner: S) -> Propagation<S> {
        Propagation(inner)
    }
}

impl<S: tower::Service<Request>> tower::Service<Request> for Propagation<S> {
    fn call(&mut self, mut request: Request) -> WithContext<S::Future> {
        let context = Context::current_with_span(global::tracer("http").start("GET"));
        inject(&context, request.headers_mut());
        self.0.call(request).with_context(context)
    }
}

fn warm_up() -> [Connection; 4] {
    array::from_fn(|index| tracer().in_span("connect", |_| connect(index)))
}

async fn list() -> String { //~ entry_point
    String::new()
}

fn router() -> Router {
    Router::new().route("/orders", get(list))
}

fn main() {
    serve();
}
