//! What `child.rs` does that lasts too long, and what looks alike.

use std::thread::sleep;
use std::time::Duration;

use opentelemetry::Context;
use traced::traced;

/// Open for as long as a program that serves is, twice.
pub(crate) fn serve() {
    accept();
    accept();
}

#[traced]
fn accept() {
    connection();
}

#[traced]
fn connection() {
    sleep(Duration::from_millis(300));
}

#[traced]
fn request() -> Context {
    Context::current()
}

#[traced]
fn write() {}

/// Many writes that a request leaves behind, at once.
pub(crate) fn write_behind() {
    let _behind = request().attach();
    (0..100).for_each(|_| write());
}

#[traced]
fn poll() {}

/// A worker that a request happened to start, and that works on after its end.
pub(crate) fn lag() {
    let _worker = request().attach();
    for _ in 0..12 {
        poll();
        sleep(Duration::from_secs(1));
    }
}
