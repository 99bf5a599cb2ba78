//! Functions without spans.

use std::hint::black_box;
use std::thread;

use super::common::{Failed, Yields};

#[inline(never)]
pub(super) fn sync(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
pub(super) fn attributes(id: u64, _user: &str) -> u64 {
    black_box(id)
}

#[inline(never)]
pub(super) fn ok(n: u64) -> Result<u64, Failed> {
    Ok(black_box(n))
}

#[inline(never)]
pub(super) fn err(_: u64) -> Result<u64, Failed> {
    Err(Failed::new())
}

#[inline(never)]
pub(super) fn nested(depth: u32) -> u32 {
    match depth {
        1 => black_box(1),
        _ => black_box(nested(depth - 1)),
    }
}

pub(super) async fn ready(n: u64) -> u64 {
    black_box(n)
}

pub(super) async fn ready_with_attributes(id: u64, _user: &str) -> u64 {
    black_box(id)
}

pub(super) async fn ten_yields(n: u64) -> u64 {
    Yields { left: 10 }.await;
    black_box(n)
}

pub(super) async fn kilobyte(argument: [u8; 1024]) -> u8 {
    Yields { left: 1 }.await;
    black_box(&argument)[0]
}

pub(super) async fn spawning(n: u64) -> u64 {
    tokio::spawn(ready(n)).await.expect("it does not panic")
}

#[inline(never)]
pub(super) fn threading(n: u64) -> u64 {
    thread::spawn(move || sync(n))
        .join()
        .expect("it does not panic")
}
