//! OpenTelemetry by hand, as in its documentation: the tracer is looked up by name for each span,
//! and the span ends when its last context is dropped.

use std::any::type_name;
use std::error::Error;
use std::hint::black_box;
use std::thread;

use opentelemetry::trace::{FutureExt, Span, Status, TraceContextExt, Tracer, mark_span_as_active};
use opentelemetry::{Context, KeyValue, global};

use super::common::{Failed, Yields};

fn order_attributes(id: u64, user: &str) -> Vec<KeyValue> {
    vec![
        KeyValue::new("order.id", id as i64),
        KeyValue::new("user.name", user.to_owned()),
        KeyValue::new("http.route", "/orders/{id}"),
        KeyValue::new("cached", id > 1),
    ]
}

fn record_error<E: Error>(error: &E) {
    let context = Context::current();
    let span = context.span();
    span.record_error(error);
    span.set_attribute(KeyValue::new("error.type", type_name::<E>()));
    span.set_status(Status::error(error.to_string()));
}

#[inline(never)]
pub(super) fn sync(n: u64) -> u64 {
    let span = global::tracer("bench").start("sync");
    let _active = mark_span_as_active(span);
    black_box(n)
}

#[inline(never)]
pub(super) fn attributes(id: u64, user: &str) -> u64 {
    let mut span = global::tracer("bench").start("attributes");
    span.set_attributes(order_attributes(id, user));
    let _active = mark_span_as_active(span);
    black_box(id)
}

#[inline(never)]
pub(super) fn ok(n: u64) -> Result<u64, Failed> {
    let span = global::tracer("bench").start("ok");
    let _active = mark_span_as_active(span);
    let body = || Ok(black_box(n));
    body().inspect_err(record_error)
}

#[inline(never)]
pub(super) fn err(_: u64) -> Result<u64, Failed> {
    let span = global::tracer("bench").start("err");
    let _active = mark_span_as_active(span);
    let body = || Err(Failed::new());
    body().inspect_err(record_error)
}

#[inline(never)]
pub(super) fn nested(depth: u32) -> u32 {
    let span = global::tracer("bench").start("nested");
    let _active = mark_span_as_active(span);
    match depth {
        1 => black_box(1),
        _ => black_box(nested(depth - 1)),
    }
}

pub(super) async fn ready(n: u64) -> u64 {
    let span = global::tracer("bench").start("ready");
    async move { black_box(n) }
        .with_context(Context::current_with_span(span))
        .await
}

pub(super) async fn ready_with_attributes(id: u64, user: &str) -> u64 {
    let mut span = global::tracer("bench").start("ready_with_attributes");
    span.set_attributes(order_attributes(id, user));
    async move { black_box(id) }
        .with_context(Context::current_with_span(span))
        .await
}

pub(super) async fn ten_yields(n: u64) -> u64 {
    let span = global::tracer("bench").start("ten_yields");
    let body = async move {
        Yields { left: 10 }.await;
        black_box(n)
    };
    body.with_context(Context::current_with_span(span)).await
}

pub(super) async fn kilobyte(argument: [u8; 1024]) -> u8 {
    let span = global::tracer("bench").start("kilobyte");
    let body = async move {
        Yields { left: 1 }.await;
        black_box(&argument)[0]
    };
    body.with_context(Context::current_with_span(span)).await
}

pub(super) async fn spawning(n: u64) -> u64 {
    let span = global::tracer("bench").start("spawning");
    let body = async move {
        let child = ready(n).with_current_context();
        tokio::spawn(child).await.expect("it does not panic")
    };
    body.with_context(Context::current_with_span(span)).await
}

#[inline(never)]
pub(super) fn threading(n: u64) -> u64 {
    let span = global::tracer("bench").start("threading");
    let _active = mark_span_as_active(span);
    let context = Context::current();
    let child = thread::spawn(move || {
        let _guard = context.attach();
        sync(n)
    });
    child.join().expect("it does not panic")
}
