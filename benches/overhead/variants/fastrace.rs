//! fastrace's `#[trace]` with its OpenTelemetry reporter.

use std::hint::black_box;
use std::thread;

use fastrace::Span;
use fastrace::future::FutureExt;
use fastrace::trace;

use super::common::{Failed, Yields};

#[inline(never)]
#[trace]
pub(super) fn sync(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[trace(properties = {
    "order.id": "{id}",
    "user.name": "{user}",
    "http.route": "/orders/{{id}}",
    "cached": "true",
})]
pub(super) fn attributes(id: u64, user: &str) -> u64 {
    black_box(id)
}

// It records no outcome by itself.
#[inline(never)]
#[trace]
pub(super) fn ok(n: u64) -> Result<u64, Failed> {
    Ok(black_box(n))
}

#[inline(never)]
#[trace]
pub(super) fn err(_: u64) -> Result<u64, Failed> {
    Err(Failed::new())
}

#[inline(never)]
#[trace]
pub(super) fn nested(depth: u32) -> u32 {
    match depth {
        1 => black_box(1),
        _ => black_box(nested(depth - 1)),
    }
}

#[trace]
pub(super) async fn ready(n: u64) -> u64 {
    black_box(n)
}

#[trace(properties = {
    "order.id": "{id}",
    "user.name": "{user}",
    "http.route": "/orders/{{id}}",
    "cached": "true",
})]
pub(super) async fn ready_with_attributes(id: u64, user: &str) -> u64 {
    black_box(id)
}

#[trace]
pub(super) async fn ten_yields(n: u64) -> u64 {
    Yields { left: 10 }.await;
    black_box(n)
}

#[trace]
pub(super) async fn kilobyte(argument: [u8; 1024]) -> u8 {
    Yields { left: 1 }.await;
    black_box(&argument)[0]
}

#[trace]
pub(super) async fn spawning(n: u64) -> u64 {
    let child = ready(n).in_span(Span::enter_with_local_parent("child"));
    tokio::spawn(child).await.expect("it does not panic")
}

#[inline(never)]
#[trace]
pub(super) fn threading(n: u64) -> u64 {
    let span = Span::enter_with_local_parent("child");
    let child = thread::spawn(move || {
        let _guard = span.set_local_parent();
        sync(n)
    });
    child.join().expect("it does not panic")
}
