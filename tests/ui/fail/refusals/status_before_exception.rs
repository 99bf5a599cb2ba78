use traced::opentelemetry::trace::{Span, Status, TraceContextExt};
use traced::opentelemetry::Context;
use traced::traced;

#[traced]
fn on_the_current_span(error: std::fmt::Error) {
    let cx = Context::current();
    cx.span().set_status(Status::error("no card"));
    cx.span().record_error(&error);
}

#[traced]
fn as_an_event<A: Span>(span: &mut A) {
    span.set_status(Status::Error { description: "no card".into() });
    span.add_event("exception", Vec::new());
}

fn main() {
    on_the_current_span(std::fmt::Error);
    let _ = as_an_event::<traced::opentelemetry::global::BoxedSpan>;
}
