//! Functions of `child.rs` that lose their context, and twins that look similar and lose none.

use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use opentelemetry::Context;
use traced::traced;

/// Loads ten times, three of them on a thread without the request's context, and leaves a task that
/// outlives its request.
pub(crate) fn lose() {
    let request = request();
    // Attaches the context of the request after the request has ended.
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

/// A request spawns a task with its context, which starts its span after the request was answered.
pub(crate) fn outlive() {
    let (answered, is_answered) = mpsc::channel();
    let task = answer(is_answered);
    answered.send(()).unwrap();
    task.join().unwrap();
}

#[traced]
fn answer(is_answered: Receiver<()>) -> JoinHandle<()> {
    thread::spawn(move || {
        is_answered.recv().unwrap();
        write_receipt();
    })
}

#[traced]
fn write_receipt() {}

/// Spans with the parents they should have.
pub(crate) fn keep() {
    keeper();
    // Jobs that are roots each time, and their twin, which links to the span it came from.
    job();
    job();
    let from = traced::span!("spawner", { Context::current() });
    linked(&from);
    let within = traced::span!("page", {
        linked(&from);
        Context::current()
    });
    drop(within);
    // A server's spans are roots or children, as the client's headers say.
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
