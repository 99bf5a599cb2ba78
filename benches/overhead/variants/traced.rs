//! The functions with `#[traced]`.

use std::hint::black_box;
use std::thread;

use traced::traced;

use super::common::{Failed, Yields};

#[inline(never)]
#[traced]
pub(super) fn sync(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[traced(attributes(
    order.id = id,
    user.name = user,
    http.route = "/orders/{id}",
    cached = id > 1,
))]
pub(super) fn attributes(id: u64, user: &str) -> u64 {
    black_box(id)
}

#[inline(never)]
#[traced]
pub(super) fn ok(n: u64) -> Result<u64, Failed> {
    Ok(black_box(n))
}

#[inline(never)]
#[traced]
pub(super) fn err(_: u64) -> Result<u64, Failed> {
    Err(Failed::new())
}

#[inline(never)]
#[traced]
pub(super) fn nested(depth: u32) -> u32 {
    match depth {
        1 => black_box(1),
        _ => black_box(nested(depth - 1)),
    }
}

#[traced]
pub(super) async fn ready(n: u64) -> u64 {
    black_box(n)
}

#[traced(attributes(
    order.id = id,
    user.name = user,
    http.route = "/orders/{id}",
    cached = id > 1,
))]
pub(super) async fn ready_with_attributes(id: u64, user: &str) -> u64 {
    black_box(id)
}

#[traced]
pub(super) async fn ten_yields(n: u64) -> u64 {
    Yields { left: 10 }.await;
    black_box(n)
}

#[traced]
pub(super) async fn kilobyte(argument: [u8; 1024]) -> u8 {
    Yields { left: 1 }.await;
    black_box(&argument)[0]
}

#[traced]
pub(super) async fn spawning(n: u64) -> u64 {
    tokio::spawn(ready(n)).await.expect("it does not panic")
}

#[inline(never)]
#[traced]
pub(super) fn threading(n: u64) -> u64 {
    thread::spawn(move || sync(n))
        .join()
        .expect("it does not panic")
}
