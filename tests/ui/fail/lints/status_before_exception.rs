use traced::opentelemetry::trace::{Span, Status, Status as St, TraceContextExt};
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

#[traced]
fn by_another_name<A: Span>(span: &mut A, error: std::fmt::Error) {
    span.set_status(St::error("no card"));
    span.record_error(&error);
}

#[traced]
fn recorded_by_traced(error: std::fmt::Error) {
    Context::current().span().set_status(Status::error("no card"));
    traced::record_error(&error);
}

fn main() {
    recorded_by_traced(std::fmt::Error);
    let _ = by_another_name::<traced::opentelemetry::global::BoxedSpan>;
    on_the_current_span(std::fmt::Error);
    let _ = as_an_event::<traced::opentelemetry::global::BoxedSpan>;
}
