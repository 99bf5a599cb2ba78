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
fn current_in_a_later_round(contexts: Vec<Context>) {
    let mut guard = None;
    for cx in contexts {
        Context::current().span().end();
        guard = guard.or(Some(cx.attach()));
    }
}

#[traced]
fn attached_by_a_closure(parent: Option<Context>) {
    let _guard = parent.map(|parent| parent.attach());
    Context::map_current(|cx| cx.span().end());
}

#[traced]
fn current_in_a_call() {
    global::tracer("shop").in_span("charge", |cx| {
        cx.span().end();
        get_active_span(|span| span.end());
    });
}

#[traced]
fn of_another_context_by_then() {
    let mut cx = Context::current();
    cx = cx.with_span(global::tracer("shop").start("charge"));
    cx.span().end();
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
    of_another_context_by_then();
    current_in_a_later_round(Vec::new());
    attached_by_a_closure(None);
    current_in_a_call();
    only_looked_at();
    allowed();
}
