//! OpenTelemetry by hand, written for speed: the tracer is boxed and cached, and a span costs one
//! context and one attach.

use std::any::type_name;
use std::error::Error;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::LazyLock;
use std::thread;

use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::trace::{
    FutureExt, SpanBuilder, SpanKind, SpanRef, Status, TraceContextExt, Tracer,
};
use opentelemetry::{Context, ContextGuard, InstrumentationScope, KeyValue};

use super::common::{Failed, Yields};

static TRACER: LazyLock<BoxedTracer> = LazyLock::new(|| {
    let scope = InstrumentationScope::builder("bench");
    global::tracer_with_scope(scope.with_version("1.0.0").build())
});

pub(super) fn keep_tracer() {
    LazyLock::force(&TRACER);
}

#[inline]
fn start(name: &'static str) -> Context {
    let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Internal);
    Context::current_with_span(TRACER.build(builder))
}

#[inline]
fn start_with(name: &'static str, attributes: Vec<KeyValue>) -> Context {
    let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Internal);
    Context::current_with_span(TRACER.build(builder.with_attributes(attributes)))
}

fn order_attributes(id: u64, user: &str) -> Vec<KeyValue> {
    vec![
        KeyValue::new("order.id", id as i64),
        KeyValue::new("user.name", user.to_owned()),
        KeyValue::new("http.route", "/orders/{id}"),
        KeyValue::new("cached", id > 1),
    ]
}

#[inline]
fn end(guard: ContextGuard, context: &Context) {
    drop(guard);
    context.span().end();
}

/// Records type, message and source chain, as the semantic conventions ask.
fn record_error<E: Error>(span: &SpanRef<'_>, error: &E) {
    let message = error.to_string();
    let mut attributes = vec![
        KeyValue::new("exception.type", type_name::<E>()),
        KeyValue::new("exception.message", message.clone()),
    ];
    let mut source = error.source();
    if source.is_some() {
        let mut chain = format!("{}: {message}", type_name::<E>());
        while let Some(cause) = source {
            let _ = write!(chain, "\nCaused by: {cause}");
            source = cause.source();
        }
        attributes.push(KeyValue::new("exception.stacktrace", chain));
    }
    span.add_event("exception", attributes);
    span.set_attribute(KeyValue::new("error.type", type_name::<E>()));
    span.set_status(Status::error(message));
}

#[inline(never)]
pub(super) fn sync(n: u64) -> u64 {
    let context = start("sync");
    let guard = context.clone().attach();
    let out = black_box(n);
    end(guard, &context);
    out
}

#[inline(never)]
pub(super) fn attributes(id: u64, user: &str) -> u64 {
    let context = start_with("attributes", order_attributes(id, user));
    let guard = context.clone().attach();
    let out = black_box(id);
    end(guard, &context);
    out
}

#[inline(never)]
pub(super) fn ok(n: u64) -> Result<u64, Failed> {
    let context = start("ok");
    let guard = context.clone().attach();
    let body = || Ok(black_box(n));
    let out = body();
    if let Err(error) = &out {
        record_error(&context.span(), error);
    }
    end(guard, &context);
    out
}

#[inline(never)]
pub(super) fn err(_: u64) -> Result<u64, Failed> {
    let context = start("err");
    let guard = context.clone().attach();
    let body = || Err(Failed::new());
    let out = body();
    if let Err(error) = &out {
        record_error(&context.span(), error);
    }
    end(guard, &context);
    out
}

#[inline(never)]
pub(super) fn nested(depth: u32) -> u32 {
    let context = start("nested");
    let guard = context.clone().attach();
    let out = match depth {
        1 => black_box(1),
        _ => black_box(nested(depth - 1)),
    };
    end(guard, &context);
    out
}

pub(super) async fn ready(n: u64) -> u64 {
    let context = start("ready");
    let body = async move { black_box(n) };
    let out = body.with_context(context.clone()).await;
    context.span().end();
    out
}

pub(super) async fn ready_with_attributes(id: u64, user: &str) -> u64 {
    let context = start_with("ready_with_attributes", order_attributes(id, user));
    let body = async move { black_box(id) };
    let out = body.with_context(context.clone()).await;
    context.span().end();
    out
}

pub(super) async fn ten_yields(n: u64) -> u64 {
    let context = start("ten_yields");
    let body = async move {
        Yields { left: 10 }.await;
        black_box(n)
    };
    let out = body.with_context(context.clone()).await;
    context.span().end();
    out
}

pub(super) async fn kilobyte(argument: [u8; 1024]) -> u8 {
    let context = start("kilobyte");
    let body = async move {
        Yields { left: 1 }.await;
        black_box(&argument)[0]
    };
    let out = body.with_context(context.clone()).await;
    context.span().end();
    out
}

pub(super) async fn spawning(n: u64) -> u64 {
    let context = start("spawning");
    let body = async move {
        let child = ready(n).with_current_context();
        tokio::spawn(child).await.expect("it does not panic")
    };
    let out = body.with_context(context.clone()).await;
    context.span().end();
    out
}

#[inline(never)]
pub(super) fn threading(n: u64) -> u64 {
    let context = start("threading");
    let guard = context.clone().attach();
    let of_child = context.clone();
    let child = thread::spawn(move || {
        let _guard = of_child.attach();
        sync(n)
    });
    let out = child.join().expect("it does not panic");
    end(guard, &context);
    out
}
