use traced::opentelemetry::Context;
use traced::opentelemetry::trace::{TraceContextExt, get_active_span};
use traced::traced;

#[traced]
fn at_once() {
    Context::current().span().end();
}

#[traced]
fn through_a_name() {
    let cx = Context::current();
    cx.span().end();
}

#[traced]
fn in_a_closure() {
    get_active_span(|span| span.end());
}

fn main() {
    at_once();
    through_a_name();
    in_a_closure();
}
