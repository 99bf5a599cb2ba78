//! The exception first; or another span, another event, another status.
#![deny(warnings)]

use traced::opentelemetry::Context;
use traced::opentelemetry::trace::{Span, Status, TraceContextExt};
use traced::traced;

#[traced]
fn in_order(error: std::fmt::Error) {
    let cx = Context::current();
    cx.span().record_error(&error);
    cx.span().set_status(Status::error("no card"));
}

#[traced]
fn of_two_spans<A: Span, B: Span>(one: &mut A, other: &mut B, error: std::fmt::Error) {
    one.set_status(Status::error("no card"));
    other.record_error(&error);
}

#[traced]
fn of_another_than_the_current<A: Span>(span: &mut A, error: std::fmt::Error) {
    span.set_status(Status::error("no card"));
    traced::record_error(&error);
}

#[traced]
fn other_event<A: Span>(span: &mut A) {
    span.set_status(Status::error("no card"));
    span.add_event("refused", Vec::new());
}

/// The reason is there already; this is another one.
#[traced]
fn before_and_after<A: Span>(span: &mut A, error: std::fmt::Error) {
    span.record_error(&error);
    span.set_status(Status::error("no card"));
    span.record_error(&error);
}

#[traced]
fn before_a_block<A: Span>(span: &mut A, error: std::fmt::Error, again: bool) {
    span.record_error(&error);
    if again {
        span.set_status(Status::error("no card"));
        span.record_error(&error);
    }
}

#[traced(allow(status_before_exception))]
fn allowed<A: Span>(span: &mut A, error: std::fmt::Error) {
    span.set_status(Status::error("no card"));
    span.record_error(&error);
}

fn main() {
    type Boxed = traced::opentelemetry::global::BoxedSpan;
    in_order(std::fmt::Error);
    let _ = of_two_spans::<Boxed, Boxed>;
    let _ = other_event::<Boxed>;
    let _ = of_another_than_the_current::<Boxed>;
    let _ = before_and_after::<Boxed>;
    let _ = before_a_block::<Boxed>;
    let _ = allowed::<Boxed>;
}
