// depends: tower opentelemetry
//! The layer of the program starts a timer, and no span.

use axum::{Router, extract::Request, routing::get};

impl<S> tower::Layer<S> for TimingLayer {
    type Service = Timing<S>;

    fn layer(&self, inner: S) -> Timing<S> {
        Timing(inner)
    }
}

impl<S: tower::Service<Request>> tower::Service<Request> for Timing<S> {
    fn call(&mut self, request: Request) -> S::Future {
        let started = global::timer("http").start(request.method());
        self.0.call(request).with_timer(started)
    }
}

async fn list() -> String { //~ entry_point
    String::new()
}

fn router() -> Router {
    Router::new().route("/orders", get(list)).layer(TimingLayer)
}

fn main() {
    serve();
}
