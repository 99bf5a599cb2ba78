//! Waiting for late spans.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{self, Wake};
use std::thread;
use std::time::{Duration, Instant};

use traced::testing::{Capture, Released, Spans, capture, spans};
use traced::traced;

use crate::{audit, failure};

#[traced]
fn late(go: mpsc::Receiver<()>) {
    go.recv().unwrap();
}

#[traced::test]
fn a_wait_ends_with_the_span() {
    let (go, wait) = mpsc::channel();
    thread::spawn(traced::carry_fn(|| late(wait)));
    audit();
    let before = spans();
    assert_eq!(before.tree(), "audit\n");
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        go.send(()).unwrap();
    });
    let started = Instant::now();
    let after = before.wait_for("late");
    assert!(started.elapsed() < Duration::from_secs(4));
    assert_eq!(after.len(), 2);
    // Spans that were taken before the wait do not change.
    assert_eq!(before.len(), 1);
}

#[traced::test]
fn a_span_that_has_ended_is_not_waited_for() {
    audit();
    let found = spans().deadline(Duration::ZERO).wait_for("audit");
    assert_eq!(found.len(), 1);
}

#[traced::test]
fn a_closure_decides_when_the_wait_ends() {
    for _ in 0..4 {
        thread::spawn(traced::carry_fn(audit));
    }
    let four = |spans: &Spans| spans.all_named("audit").len() == 4;
    assert_eq!(spans().wait_for(four).len(), 4);
}

#[traced::test]
fn a_number_of_spans_can_be_waited_for() {
    for _ in 0..3 {
        thread::spawn(traced::carry_fn(audit));
    }
    assert_eq!(spans().wait_for(3).len(), 3);
    assert_eq!(spans().wait_for(0).len(), 3);
    let said = failure(|| spans().deadline(Duration::from_millis(1)).wait_for(4));
    assert_eq!(
        said,
        "waited 1ms for 4 spans\nthese spans have ended:\naudit\naudit\naudit\n"
    );
}

#[traced::test]
fn a_span_that_starts_late_can_be_waited_for() {
    let (go, wait) = mpsc::channel();
    thread::spawn(traced::carry_fn(|| late(wait)));
    let found = spans().wait_for(|spans: &Spans| spans.open_names() == ["late"]);
    assert!(found.is_empty());
    go.send(()).unwrap();
    assert!(spans().wait_for("late").open_names().is_empty());
}

#[test]
fn a_context_is_released_with_the_last_task_that_holds_it() {
    let (go, wait) = mpsc::channel();
    let capture = Capture::new();
    assert!(capture.spans().wait_for(Released).is_empty());
    let attached = capture.context().attach();
    thread::spawn(traced::carry_fn(|| late(wait)));
    drop(attached);
    let impatient = capture.spans().deadline(Duration::from_millis(1));
    let said = failure(|| impatient.wait_for(Released));
    assert!(
        said.starts_with(
            "waited 1ms for the context of this capture to be released: a task, a thread or a value"
        ),
        "{said}"
    );
    go.send(()).unwrap();
    assert_eq!(capture.spans().wait_for(Released).tree(), "late\n");
}

#[test]
fn a_pool_that_keeps_a_context_is_noticed_by_async_code_too() {
    let capture = Capture::new();
    let kept = capture.context();
    let of_a_task = kept.clone();
    drop(kept);
    let waiting = capture.spans().deadline(Duration::from_millis(1));
    failure(|| futures::executor::block_on(waiting.wait_for_async(Released)));
    let mut released = capture.spans().wait_for_async(Released);
    let woken = Arc::new(Woken::default());
    let waker = woken.clone().into();
    let mut poll = || Pin::new(&mut released).poll(&mut task::Context::from_waker(&waker));
    assert!(poll().is_pending());
    assert!(!woken.0.load(Ordering::SeqCst));
    drop(of_a_task);
    assert!(woken.0.load(Ordering::SeqCst));
    assert!(poll().is_ready());
}

/// Whether a waker has been woken.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn the_failure_of_a_deadline_names_the_missing_and_the_open_spans() {
    let (_go, wait) = mpsc::channel::<()>();
    let capture = Capture::new();
    let attached = capture.context().attach();
    audit();
    let (started, has_started) = mpsc::channel();
    thread::spawn(traced::carry_fn(move || {
        traced::span!("open", {
            started.send(()).unwrap();
            let _ = wait.recv();
        });
    }));
    drop(attached);
    has_started.recv().unwrap();
    let spans = capture.spans().deadline(Duration::from_millis(30));
    let begun = Instant::now();
    let said = failure(|| spans.wait_for("reply"));
    assert!(begun.elapsed() >= Duration::from_millis(30));
    assert_eq!(
        said,
        "waited 30ms for a span named \"reply\"\nthese spans have ended:\naudit\nnot ended yet: open\n"
    );
}

#[test]
fn the_failure_of_a_deadline_says_that_there_is_no_span() {
    let ((), spans) = capture(|| ());
    let said = failure(|| {
        spans
            .deadline(Duration::from_millis(1))
            .wait_for(|_: &Spans| false)
    });
    assert_eq!(
        said,
        "waited 1ms for the spans that the closure asks for\nno span has ended\n"
    );
}

#[traced::test]
#[tokio::test]
async fn async_code_waits_without_blocking_its_thread() {
    // The runtime has one thread: the task runs only if the wait does not block it.
    tokio::spawn(traced::carry(async {
        tokio::task::yield_now().await;
        traced::span!("reply", async {}).await;
    }));
    let found = spans().wait_for_async("reply").await;
    assert_eq!(found.tree(), "reply\n");
}

#[traced::test]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn async_code_waits_on_any_runtime() {
    for _ in 0..8 {
        tokio::spawn(traced::carry(async { audit() }));
    }
    let eight = |spans: &Spans| spans.len() == 8;
    assert_eq!(spans().wait_for_async(eight).await.len(), 8);
}

#[test]
fn an_async_deadline_holds_without_a_runtime_and_names_the_line() {
    let ((), spans) = capture(audit);
    let spans = spans.deadline(Duration::from_millis(30));
    let line = line!() + 1;
    let waiting = spans.wait_for_async("reply");
    let said = failure(|| futures::executor::block_on(waiting));
    let place = format!("{}:{line}:", file!());
    assert!(said.starts_with(&place), "{said}");
    assert!(
        said.ends_with("waited 30ms for a span named \"reply\"\nthese spans have ended:\naudit\n"),
        "{said}"
    );
}

#[traced::test]
#[tokio::test]
async fn a_wait_may_have_no_deadline() {
    audit();
    let patient = spans().deadline(Duration::MAX);
    assert_eq!(patient.wait_for("audit").len(), 1);
    assert_eq!(patient.wait_for_async("audit").await.len(), 1);
}

#[test]
fn an_async_deadline_wakes_the_task_that_polled_last() {
    let ((), spans) = capture(audit);
    let spans = spans.deadline(Duration::from_secs(1));
    let mut waiting = Box::pin(spans.wait_for_async("reply"));
    let mut first = task::Context::from_waker(task::Waker::noop());
    assert!(waiting.as_mut().poll(&mut first).is_pending());
    // Without the alarm, the second task would sleep for ever.
    let said = failure(|| futures::executor::block_on(waiting));
    assert!(said.contains("waited 1s for a span named"), "{said}");
}
