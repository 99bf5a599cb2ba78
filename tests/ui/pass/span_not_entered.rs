//! Spans that are entered, handed on, or alone.
#![deny(warnings)]

use traced::opentelemetry::trace::{
    Span, SpanBuilder, TraceContextExt, Tracer, mark_span_as_active,
};
use traced::opentelemetry::{Context, KeyValue, global};
use traced::traced;

#[traced]
fn entered() {
    let span = global::tracer("shop").start("charge");
    let _guard = mark_span_as_active(span);
    charge();
}

#[traced]
fn in_a_context() {
    let tracer = global::tracer("shop");
    let span = tracer.start("charge");
    let cx = Context::current_with_span(span);
    let _guard = cx.attach();
    charge();
}

#[traced]
fn handed_on() -> impl Span {
    let tracer = global::tracer("shop");
    let mut span = tracer.start("charge");
    span.set_attribute(KeyValue::new("order.id", 1));
    charge();
    span
}

/// Nothing runs below it: it says that something happened.
#[traced]
fn alone() {
    let mut span = global::tracer("shop").start("charged");
    span.set_attribute(KeyValue::new("order.id", 1));
    span.end();
    charge();
}

/// Nor below these two.
#[traced]
fn side_by_side() {
    let tracer = global::tracer("shop");
    let _first = tracer.start("first");
    let _second = tracer.start("second");
}

/// It tells of something that is over.
#[traced]
fn over() {
    let tracer = global::tracer("shop");
    let earlier = SpanBuilder::from_name("waited").with_start_time(std::time::SystemTime::now());
    let mut span = tracer.build(earlier);
    span.end();
}

/// What is worked out for an attribute is no work below the span.
#[traced]
fn with_a_computed_attribute(orders: &[u64]) {
    let mut span = global::tracer("shop").start("charged");
    let orders = orders.len() as i64;
    let total = total(orders);
    if total.is_positive() {
        span.set_attribute(KeyValue::new("orders", orders));
    }
    span.set_attribute(KeyValue::new("total", total));
    span.end();
}

fn total(orders: i64) -> i64 {
    orders * 2
}

#[traced]
fn over_in_two_steps() {
    let tracer = global::tracer("shop");
    let builder = tracer.span_builder("waited").with_start_time(std::time::SystemTime::now());
    let _span = builder.start(&tracer);
    charge();
}

struct Engine;

impl Engine {
    fn start(&self, _what: &str) -> u8 {
        1
    }
}

#[traced]
fn of_another_kind(engine: &Engine) {
    let _span = engine.start("charge");
    charge();
}

#[traced(allow(span_not_entered))]
fn allowed() {
    let _span = global::tracer("shop").start("charge");
    charge();
}

fn charge() {}

fn main() {
    entered();
    in_a_context();
    handed_on().end();
    alone();
    side_by_side();
    over();
    over_in_two_steps();
    with_a_computed_attribute(&[1]);
    of_another_kind(&Engine);
    allowed();
}
