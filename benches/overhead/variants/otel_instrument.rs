//! otel-instrument's `#[instrument]`, which takes only functions that return a `Result`.

use std::hint::black_box;
use std::thread;

use opentelemetry::Context;
use opentelemetry::trace::FutureExt as _;
use otel_instrument::{instrument, tracer_name};

use super::common::{Failed, Yields};

tracer_name!("bench");

#[inline(never)]
#[instrument(skip_all)]
pub(super) fn sync(n: u64) -> Result<u64, Failed> {
    Ok(black_box(n))
}

#[inline(never)]
#[instrument(skip_all, fields(
    order_id = id as i64,
    user_name = user.to_owned(),
    http_route = "/orders/{id}",
    cached = id > 1
))]
#[allow(unused_variables, reason = "the peer's expansion hides the use")]
pub(super) fn attributes(id: u64, user: &str) -> Result<u64, Failed> {
    Ok(black_box(id))
}

#[inline(never)]
#[instrument(skip_all, err)]
pub(super) fn ok(n: u64) -> Result<u64, Failed> {
    Ok(black_box(n))
}

#[inline(never)]
#[instrument(skip_all, err)]
pub(super) fn err(_n: u64) -> Result<u64, Failed> {
    Err(Failed::new())
}

#[inline(never)]
#[instrument(skip_all)]
pub(super) fn nested(depth: u32) -> Result<u32, Failed> {
    match depth {
        1 => Ok(black_box(1)),
        _ => black_box(nested(depth - 1)),
    }
}

#[instrument(skip_all)]
pub(super) async fn ready(n: u64) -> Result<u64, Failed> {
    Ok(black_box(n))
}

#[instrument(skip_all, fields(
    order_id = id as i64,
    user_name = user.to_owned(),
    http_route = "/orders/{id}",
    cached = id > 1
))]
#[allow(unused_variables, reason = "the peer's expansion hides the use")]
pub(super) async fn ready_with_attributes(id: u64, user: &str) -> Result<u64, Failed> {
    Ok(black_box(id))
}

#[instrument(skip_all)]
pub(super) async fn ten_yields(n: u64) -> Result<u64, Failed> {
    Yields { left: 10 }.await;
    Ok(black_box(n))
}

#[instrument(skip_all)]
pub(super) async fn kilobyte(argument: [u8; 1024]) -> Result<u8, Failed> {
    Yields { left: 1 }.await;
    Ok(black_box(&argument)[0])
}

#[instrument(skip_all)]
pub(super) async fn spawning(n: u64) -> Result<u64, Failed> {
    let child = ready(n).with_current_context();
    tokio::spawn(child).await.expect("it does not panic")
}

#[inline(never)]
#[instrument(skip_all)]
pub(super) fn threading(n: u64) -> Result<u64, Failed> {
    let context = Context::current();
    let child = thread::spawn(move || {
        let _guard = context.attach();
        sync(n)
    });
    child.join().expect("it does not panic")
}
