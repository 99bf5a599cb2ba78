//! tracing's `#[instrument]` with tracing-opentelemetry.

use std::hint::black_box;
use std::thread;

use tracing::{Instrument as _, Span, instrument};

use super::common::{Failed, Yields};

#[inline(never)]
#[instrument(skip_all)]
pub(super) fn sync(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[instrument(skip_all, fields(
    order.id = id,
    user.name = user,
    http.route = "/orders/{id}",
    cached = id > 1,
))]
pub(super) fn attributes(id: u64, user: &str) -> u64 {
    black_box(id)
}

#[inline(never)]
#[instrument(skip_all, err)]
pub(super) fn ok(n: u64) -> Result<u64, Failed> {
    Ok(black_box(n))
}

#[inline(never)]
#[instrument(skip_all, err)]
pub(super) fn err(_: u64) -> Result<u64, Failed> {
    Err(Failed::new())
}

#[inline(never)]
#[instrument(skip_all)]
pub(super) fn nested(depth: u32) -> u32 {
    match depth {
        1 => black_box(1),
        _ => black_box(nested(depth - 1)),
    }
}

#[instrument(skip_all)]
pub(super) async fn ready(n: u64) -> u64 {
    black_box(n)
}

#[instrument(skip_all, fields(
    order.id = id,
    user.name = user,
    http.route = "/orders/{id}",
    cached = id > 1,
))]
pub(super) async fn ready_with_attributes(id: u64, user: &str) -> u64 {
    black_box(id)
}

#[instrument(skip_all)]
pub(super) async fn ten_yields(n: u64) -> u64 {
    Yields { left: 10 }.await;
    black_box(n)
}

#[instrument(skip_all)]
pub(super) async fn kilobyte(argument: [u8; 1024]) -> u8 {
    Yields { left: 1 }.await;
    black_box(&argument)[0]
}

#[instrument(skip_all)]
pub(super) async fn spawning(n: u64) -> u64 {
    let child = ready(n).in_current_span();
    tokio::spawn(child).await.expect("it does not panic")
}

#[inline(never)]
#[instrument(skip_all)]
pub(super) fn threading(n: u64) -> u64 {
    let span = Span::current();
    let child = thread::spawn(move || span.in_scope(|| sync(n)));
    child.join().expect("it does not panic")
}
