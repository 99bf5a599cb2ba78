//! Spans that are one's own to end.
#![deny(warnings)]

use traced::opentelemetry::trace::{Span, TraceContextExt, Tracer, get_active_span};
use traced::opentelemetry::{Context, global};
use traced::traced;

#[traced]
fn of_its_own() {
    let mut span = global::tracer("shop").start("charged");
    span.end();
}

#[traced]
fn in_a_context_of_its_own() {
    let cx = Context::current_with_span(global::tracer("shop").start("charge"));
    cx.span().end();
}

#[traced]
fn current_because_attached() {
    let cx = Context::current_with_span(global::tracer("shop").start("charge"));
    let _guard = cx.attach();
    Context::current().span().end();
}

#[traced]
fn only_looked_at() -> bool {
    get_active_span(|span| span.is_recording())
}

#[traced(allow(manual_end))]
fn allowed() {
    Context::current().span().end();
}

fn main() {
    of_its_own();
    in_a_context_of_its_own();
    current_because_attached();
    only_looked_at();
    allowed();
}
