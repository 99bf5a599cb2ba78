//! Functions of `child.rs` that are watched: futures that block, wait or never end.

use std::future::{Future, pending};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use futures_core::Stream;
use tokio::task::yield_now;
use tokio::time::sleep;
use traced::traced;

pub(crate) fn act(word: &str) {
    match word {
        "futures" => run(async {
            outer().await;
            with_attributes(7).await;
            returned().await;
            cancelled().await;
            run_to_end(items()).await;
            // The call site was warned about before, so this prints nothing.
            slow().await;
        }),
        "crowd" => crowd(),
        "live" => live(),
        "signalled" => signalled(),
        "never" => never(),
        _ => {}
    }
}

fn run(work: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(work);
}

#[traced]
async fn outer() {
    slow().await;
    sleep(Duration::from_millis(40)).await;
}

#[traced]
async fn slow() {
    yield_now().await;
    thread::sleep(Duration::from_millis(25));
}

#[traced(attributes(id))]
async fn with_attributes(id: u64) {
    yield_now().await;
    let _ = id;
}

#[traced]
fn returned() -> impl Future<Output = ()> {
    let when = 1;
    async move {
        for _ in 0..when {
            yield_now().await;
        }
    }
}

async fn cancelled() {
    tokio::select! {
        biased;
        () = waits() => {}
        () = yield_now() => {}
    }
}

#[traced]
async fn waits() {
    pending::<()>().await;
}

#[traced]
fn items() -> impl Stream<Item = u8> {
    Numbers(3)
}

struct Numbers(u8);

impl Stream for Numbers {
    type Item = u8;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<u8>> {
        self.0 = self.0.saturating_sub(1);
        std::task::Poll::Ready(Some(self.0).filter(|number| *number > 0))
    }
}

async fn run_to_end(stream: impl Stream) {
    let mut stream = std::pin::pin!(stream);
    while std::future::poll_fn(|task| stream.as_mut().poll_next(task))
        .await
        .is_some()
    {}
}

/// Starts a task and a blocking call that both run until the process ends.
fn never() {
    let (started, is_started) = channel();
    let of_task = started.clone();
    thread::spawn(|| run(task(of_task)));
    is_started.recv().unwrap();
    thread::spawn(move || import(&started));
    is_started.recv().unwrap();
    // The poll in which the task reported its start may still be running.
    while traced::live()
        .spans()
        .iter()
        .any(|span| span.polls() == Some(0))
    {
        thread::sleep(Duration::from_millis(1));
    }
}

#[traced]
async fn task(started: Sender<()>) {
    accept(started).await;
}

#[traced(attributes(port = 80))]
async fn accept(started: Sender<()>) {
    started.send(()).unwrap();
    pending::<()>().await;
}

#[traced(allow(endless_span))]
fn import(started: &Sender<()>) {
    started.send(()).unwrap();
    loop {
        thread::park();
    }
}

/// More open spans than are kept, each in a trace of its own, and one after their end.
fn crowd() {
    use opentelemetry::global;
    use opentelemetry::trace::Tracer;

    let tracer = global::tracer("crowd");
    let known = || println!("known {}", traced::live().spans().len());
    let open: Vec<_> = (0..80_000).map(|_| tracer.start("one of many")).collect();
    known();
    println!("lines {}", traced::live().to_string().lines().count());
    drop(open);
    known();
    let open = [tracer.start("one")];
    known();
    drop(open);
}

fn live() {
    traced::span!("ended", {});
    never();
    let live = traced::live();
    for span in live.spans() {
        println!(
            "live {} {} {:?} {} {}",
            span.depth(),
            span.name(),
            span.state(),
            span.parent_span_id().is_some(),
            span.age() < Duration::from_secs(60),
        );
    }
    for line in live.to_string().lines() {
        println!("text {line}");
    }
}

/// Sends itself the signal, and waits to be killed.
fn signalled() {
    super::end_sometime();
    never();
    nix::sys::signal::raise(nix::sys::signal::Signal::SIGUSR1).unwrap();
    loop {
        thread::park();
    }
}
