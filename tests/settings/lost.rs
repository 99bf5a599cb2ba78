//! What `child.rs` does to lose contexts, and what looks alike and loses none.

use std::thread;

use opentelemetry::Context;
use traced::traced;

/// Ten loads, of which the thread's three do not know who asked; and a task that outlives its request.
pub(crate) fn lose() {
    let request = request();
    // What the request left behind goes on after its end.
    let _around = request.attach();
    load();
}

#[traced]
fn request() -> Context {
    (0..7).for_each(|_| load());
    traced::span!("asked", kind = "client", {});
    bare();
    Context::current()
}

#[traced(spawn = false)]
fn bare() {
    thread::spawn(|| (0..3).for_each(|_| load()))
        .join()
        .unwrap();
}

#[traced]
fn load() {}

/// Everything has the parent that it should have.
pub(crate) fn keep() {
    keeper();
    // A job of its own, each time; and the twin that links to where it came from.
    job();
    job();
    let from = traced::span!("spawner", { Context::current() });
    linked(&from);
    let within = traced::span!("page", {
        linked(&from);
        Context::current()
    });
    drop(within);
    // A server's spans are roots or not, as the client says.
    serve();
    traced::span!("test", { serve() });
}

#[traced]
fn keeper() {
    thread::spawn(load).join().unwrap();
    load();
}

#[traced]
fn job() {
    load();
}

#[traced(links = [from.clone()])]
fn linked(from: &Context) {}

#[traced(kind = "server")]
fn serve() {}
