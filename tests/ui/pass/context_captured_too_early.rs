//! Contexts captured in time, or early on purpose.
#![deny(warnings)]

use traced::opentelemetry::context::FutureExt;
use traced::opentelemetry::trace::{Tracer, mark_span_as_active};
use traced::opentelemetry::{Context, global};
use traced::traced;

#[traced]
fn in_time() {
    let _active = mark_span_as_active(global::tracer("shop").start("charge"));
    let cx = Context::current();
    std::thread::spawn(move || {
        let _guard = cx.attach();
    });
}

#[traced]
fn on_purpose() -> impl Future<Output = ()> {
    let parent = Context::current();
    let _active = mark_span_as_active(global::tracer("shop").start("charge"));
    async {}.with_context(parent)
}

#[traced]
fn of_the_span_itself() {
    let cx = Context::current();
    global::tracer("shop").in_span("charge", |cx| {
        std::thread::spawn(move || drop(cx));
    });
    std::thread::spawn(move || drop(cx));
}

#[traced]
fn left_before() -> impl Future<Output = ()> {
    let cx = Context::current();
    {
        let _active = mark_span_as_active(global::tracer("shop").start("charge"));
    }
    async {}.with_context(cx)
}

#[traced]
fn nothing_entered() -> impl Future<Output = ()> {
    let cx = Context::current();
    let _again = cx.clone().attach();
    async {}.with_context(cx)
}

#[traced(allow(context_captured_too_early))]
fn allowed() -> impl Future<Output = ()> {
    let cx = Context::current();
    let _active = mark_span_as_active(global::tracer("shop").start("charge"));
    async {}.with_context(cx)
}

fn main() {
    in_time();
    of_the_span_itself();
    drop((on_purpose(), left_before(), nothing_entered(), allowed()));
}
