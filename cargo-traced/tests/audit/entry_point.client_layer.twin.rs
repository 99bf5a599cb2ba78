// depends: tower opentelemetry
//! The program has the layer of a client, and one of its server, which hands the context on in the response.

use axum::{Router, extract::Request, routing::get};

impl<S> tower::Layer<S> for ClientLayer {
    type Service = Client<S>;

    fn layer(&self, inner: S) -> Client<S> {
        Client(inner)
    }
}

impl<S: tower::Service<Request>> tower::Service<Request> for Client<S> {
    fn call(&mut self, mut request: Request) -> WithContext<S::Future> {
        let context = Context::current_with_span(global::tracer("http").start("GET"));
        inject(&context, request.headers_mut());
        self.0.call(request).with_context(context)
    }
}

impl<S: tower::Service<Request>> tower::Service<Request> for Server<S> {
    fn call(&mut self, request: Request) -> Answer<S::Future> {
        let parent = extract(request.headers());
        let context = parent.with_span(global::tracer("http").start_with_context("GET", &parent));
        let mut headers = HeaderMap::new();
        inject(&context, &mut headers);
        Answer(self.0.call(request).with_context(context), headers)
    }
}

async fn list() -> String {
    String::new()
}

fn router() -> Router {
    Router::new().route("/orders", get(list)).layer(ServerLayer)
}

fn main() {
    serve();
}
