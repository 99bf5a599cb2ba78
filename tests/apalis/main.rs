//! Are jobs of apalis in the trace of their sender, and has each attempt a span?

#![allow(missing_docs)]

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use apalis::layers::retry::RetryPolicy;
use apalis::prelude::*;
use futures_sink::Sink;
use opentelemetry::Value;
use opentelemetry::trace::{FutureExt as _, SpanId, SpanKind, Status as SpanStatus};
use traced::apalis::{Traced, layer};
use traced::testing::{Capture, Span, Spans};
use traced::traced;

#[derive(Debug, thiserror::Error)]
#[error("the mail server refused attempt {0}")]
struct Refused(usize);

/// A mail server that refuses a number of attempts.
#[derive(Clone, Debug)]
struct Mail {
    refusals: usize,
    attempts: Arc<AtomicUsize>,
}

impl Mail {
    fn refusing(refusals: usize) -> Self {
        Mail {
            refusals,
            attempts: Arc::default(),
        }
    }
}

#[traced]
async fn compose(address: &str) {
    assert!(address.contains('@'));
}

async fn deliver(address: String, mail: Data<Mail>) -> Result<(), Refused> {
    compose(&address).await;
    let attempt = mail.attempts.fetch_add(1, Ordering::Relaxed) + 1;
    if attempt <= mail.refusals {
        return Err(Refused(attempt));
    }
    Ok(())
}

#[traced]
async fn order(emails: &mut Traced<MemoryStorage<String>>, count: usize) {
    for _ in 0..count {
        emails.push("ada@example.org".to_owned()).await.unwrap();
    }
}

/// Sends jobs in a request and processes them with a worker outside any request; returns the spans
/// of both.
async fn sent_and_processed(mail: Mail, jobs: usize) -> Spans {
    let capture = Capture::new();
    let mut emails = Traced::new("emails", MemoryStorage::new());
    let sending = order(&mut emails, jobs);
    sending.with_context(capture.context()).await;
    let worker = WorkerBuilder::new("mailer")
        .backend(emails)
        .data(mail)
        .retry(RetryPolicy::retries(3))
        .layer(layer("emails"))
        .build(deliver);
    let is_done = move |spans: &Spans| {
        let attempts = spans.all_named("process emails").into_iter();
        attempts.filter(|attempt| !attempt.has_failed()).count() == jobs
    };
    let spans = capture.spans().deadline(Duration::from_secs(60));
    let run = async {
        tokio::select! {
            stopped = worker.run() => panic!("the worker stopped: {stopped:?}"),
            spans = spans.wait_for_async(is_done) => spans,
        }
    };
    run.with_context(capture.context()).await
}

/// The ids of the spans that `span` is linked to.
fn links(span: &Span) -> Vec<SpanId> {
    let links = span.links().iter();
    links.map(|link| link.span_context.span_id()).collect()
}

#[tokio::test]
async fn a_job_is_processed_in_the_trace_that_sent_it() {
    let spans = sent_and_processed(Mail::refusing(0), 1).await;
    let sent = spans.named("send emails");
    assert_eq!(sent.kind(), &SpanKind::Producer);
    assert!(sent.is_child_of(spans.named("order")));
    let attempt = spans.named("process emails");
    assert_eq!(attempt.kind(), &SpanKind::Consumer);
    assert!(attempt.is_child_of(sent) && attempt.data().parent_span_is_remote);
    assert!(spans.named("compose").is_child_of(attempt));
    for (span, operation) in [(sent, "send"), (attempt, "process")] {
        assert_eq!(span.text("messaging.system"), "apalis");
        assert_eq!(span.text("messaging.destination.name"), "emails");
        assert_eq!(span.text("messaging.operation.name"), operation);
        assert_eq!(span.text("messaging.operation.type"), operation);
        assert_eq!(span.status(), &SpanStatus::Unset);
    }
    assert_eq!(attempt.text("apalis.task.attempt"), "1");
    assert!(!attempt.text("messaging.message.id").is_empty());
    assert!(links(attempt).is_empty());
    assert_eq!(spans.len(), 4, "{}", spans.tree());
}

#[tokio::test]
async fn attempts_are_children_of_the_sender_and_linked_one_to_the_next() {
    let spans = sent_and_processed(Mail::refusing(2), 1).await;
    let sent = spans.named("send emails");
    let attempts = spans.find().name("process emails").exactly();
    let [first, second, third] = attempts;
    for (attempt, number) in attempts.iter().zip(["1", "2", "3"]) {
        assert!(attempt.is_child_of(sent));
        assert_eq!(attempt.text("apalis.task.attempt"), number);
    }
    for (attempt, number) in [(first, 1), (second, 2)] {
        let refused = format!("the mail server refused attempt {number}");
        assert_eq!(attempt.status(), &SpanStatus::error(refused));
        assert_eq!(attempt.exceptions().len(), 1);
    }
    assert_eq!(third.status(), &SpanStatus::Unset);
    assert!(links(first).is_empty());
    assert_eq!(links(second), [first.id()]);
    assert_eq!(links(third), [second.id()]);
}

#[tokio::test]
async fn each_job_has_a_sender_of_its_own() {
    let spans = sent_and_processed(Mail::refusing(0), 3).await;
    let sent: Vec<SpanId> = spans
        .all_named("send emails")
        .iter()
        .map(|one| one.id())
        .collect();
    let mut parents: Vec<SpanId> = Vec::new();
    for attempt in spans.all_named("process emails") {
        parents.push(attempt.parent_id());
    }
    parents.sort_by_key(|id| sent.iter().position(|one| one == id));
    assert_eq!((sent.len(), parents), (3, sent));
}

/// The answer of a storage to a job.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Storage {
    RefusesIt,
    RefusesToKeepIt,
    NeverAnswers,
}

#[derive(Debug, thiserror::Error)]
#[error("no room")]
struct NoRoom;

impl Sink<Task<u8>> for Storage {
    type Error = NoRoom;

    fn poll_ready(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Result<(), NoRoom>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, _: Task<u8>) -> Result<(), NoRoom> {
        traced::span!("stores", {});
        match *self {
            Storage::RefusesIt => Err(NoRoom),
            _ => Ok(()),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Result<(), NoRoom>> {
        match *self {
            Storage::NeverAnswers => Poll::Pending,
            _ => Poll::Ready(Err(NoRoom)),
        }
    }

    fn poll_close(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Result<(), NoRoom>> {
        self.poll_flush(task)
    }
}

#[test]
fn what_a_storage_does_not_take_has_failed_and_what_nobody_waits_for_is_cancelled() {
    let task = &mut TaskContext::from_waker(std::task::Waker::noop());
    for storage in [
        Storage::RefusesIt,
        Storage::RefusesToKeepIt,
        Storage::NeverAnswers,
    ] {
        let ((), spans) = traced::testing::capture(|| {
            let mut jobs = Traced::new("jobs", storage);
            let sent = Pin::new(&mut jobs).start_send(Task::new(1));
            assert_eq!(sent.is_err(), storage == Storage::RefusesIt);
            let flushed = Pin::new(&mut jobs).poll_flush(task);
            assert_eq!(flushed.is_pending(), storage == Storage::NeverAnswers);
        });
        let sent = spans.named("send jobs");
        assert!(spans.named("stores").is_child_of(sent));
        let is_cancelled = sent.attribute("traced.cancelled") == Some(Value::Bool(true));
        assert_eq!(is_cancelled, storage == Storage::NeverAnswers);
        let failed = SpanStatus::error("no room");
        assert_eq!(
            *sent.status() == failed,
            !is_cancelled,
            "{storage:?}: {sent:?}"
        );
    }
}
