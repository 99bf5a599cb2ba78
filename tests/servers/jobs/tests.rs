use std::time::Duration;

use apalis_postgres::Config;
use opentelemetry::trace::{SpanKind, Status as SpanStatus};
use sqlx::PgPool;
use tokio::sync::OnceCell;
use traced::testing::{Released, Span};
use traced_servers::{address, assert_attributes, assert_linked, captured, request, unique};
use ulid::Ulid;

use super::*;

/// A queue that no other test uses.
async fn queue() -> PostgresStorage<Email> {
    static TABLES: OnceCell<()> = OnceCell::const_new();
    let pool = PgPool::connect(&address("POSTGRES_URL"))
        .await
        .expect("PostgreSQL answers");
    let tables = || async {
        let setup = PostgresStorage::setup(&pool).await;
        setup.expect("the tables of apalis");
    };
    TABLES.get_or_init(tables).await;
    PostgresStorage::new(&pool).with_config(Config::default().queue(unique("emails")))
}

/// Runs a worker with a short interval of polls, until the future `$reached` ends.
macro_rules! work_until {
    ($queue:expr, $reached:expr $(, $setting:ident($value:expr))?) => {{
        let often = Strategy::new().interval(Duration::from_millis(20));
        let worker = WorkerBuilder::new(unique("worker"))
            .backend($queue.clone().poll_with_strategy(often))
            .data(Attempts::default())
            $(.$setting($value))?
            .build(deliver);
        tokio::select! {
            stopped = worker.run() => panic!("the worker stopped: {stopped:?}"),
            () = $reached => {}
        }
    }};
}

/// Sends a job with this id.
async fn send(queue: &PostgresStorage<Email>, id: &TaskId, email: Email) {
    let sent = enqueue(queue.clone(), id.clone(), email, MetadataStore::new());
    sent.await.unwrap();
}

/// Waits until the job has this status after this many attempts, for at most ten seconds.
async fn reaches(queue: &PostgresStorage<Email>, id: &TaskId, status: &str, attempts: i32) {
    let query = "SELECT count(*) FROM apalis.jobs WHERE id = $1 AND status = $2 AND attempts = $3";
    for _ in 0..500 {
        let query = sqlx::query_scalar(query)
            .bind(id.to_string())
            .bind(status)
            .bind(attempts);
        let found: i64 = query.fetch_one(queue.pool()).await.expect("the jobs");
        if found == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("job {id} was not {status} after {attempts} attempts");
}

fn email(to: &str, refusals: usize) -> Email {
    Email {
        to: to.to_owned(),
        refusals,
    }
}

/// The number of an attempt, and whether it failed.
fn outcome(attempt: &Span) -> (Option<i64>, bool) {
    let number = match attempt.attribute("job.attempt") {
        Some(opentelemetry::Value::I64(number)) => Some(number),
        _ => None,
    };
    (number, attempt.has_failed())
}

/// Checks the parents and the links of the three attempts at a job that fails twice.
fn assert_retries_are_linked(sent: &Span, attempts: &[&Span]) {
    let [first, second, third] = attempts else {
        panic!("expected three attempts, found {}", attempts.len());
    };
    assert_eq!(outcome(first), (Some(1), true));
    assert_eq!(outcome(second), (Some(2), true));
    assert_eq!(outcome(third), (Some(3), false));
    for attempt in attempts {
        assert!(attempt.is_child_of(sent));
    }
    assert_linked(first, &[]);
    assert_linked(second, &[first]);
    assert_linked(third, &[second]);
}

#[tokio::test]
async fn a_job_is_processed_in_the_trace_that_sent_it() {
    let (queue, id) = (queue().await, TaskId::from(Ulid::generate()));
    let job = email("ada@example.org", 0);
    let ((), request) = request(send(&queue, &id, job)).await;
    // The queue keeps nothing of the request.
    request.spans().wait_for_async(Released).await;
    let ((), processed) = captured(async {
        work_until!(queue, reaches(&queue, &id, "Done", 1));
    })
    .await;

    let sent = request.spans();
    let sent = sent.named("enqueue emails");
    assert_eq!(sent.kind(), &SpanKind::Producer);
    assert_attributes(
        sent,
        [
            ("messaging.operation.type", "send".into()),
            ("messaging.message.id", id.to_string().into()),
        ],
    );
    let attempt = processed.named("process emails");
    assert_eq!(attempt.kind(), &SpanKind::Consumer);
    assert!(attempt.is_child_of(sent) && attempt.data().parent_span_is_remote);
    assert_attributes(
        attempt,
        [
            ("messaging.operation.type", "process".into()),
            ("messaging.message.id", id.to_string().into()),
            ("messaging.destination.name", "emails".into()),
        ],
    );
    assert!(processed.named("compose").is_child_of(attempt));
    assert_eq!(processed.len(), 2, "{}", processed.tree());
}

#[tokio::test]
async fn attempts_that_the_storage_repeats_are_linked() {
    let (queue, id) = (queue().await, TaskId::from(Ulid::generate()));
    let (_, spans) = captured(async {
        send(&queue, &id, email("ada@example.org", 2)).await;
        work_until!(queue, reaches(&queue, &id, "Done", 3));
    })
    .await;
    assert_retries_are_linked(
        spans.named("enqueue emails"),
        &spans.all_named("process emails"),
    );
}

#[tokio::test]
async fn attempts_that_the_worker_repeats_are_linked() {
    let (queue, id) = (queue().await, TaskId::from(Ulid::generate()));
    let (_, spans) = captured(async {
        send(&queue, &id, email("ada@example.org", 2)).await;
        work_until!(
            queue,
            reaches(&queue, &id, "Done", 3),
            retry(RetryPolicy::retries(2))
        );
    })
    .await;
    assert_retries_are_linked(
        spans.named("enqueue emails"),
        &spans.all_named("process emails"),
    );
}

#[tokio::test]
async fn a_poisoned_job_fails_visibly_and_the_next_one_is_processed() {
    let (queue, id, next) = (
        queue().await,
        TaskId::from(Ulid::generate()),
        TaskId::from(Ulid::generate()),
    );
    let (_, spans) = captured(async {
        for (id, to) in [(&id, "nowhere"), (&next, "ada@example.org")] {
            send(&queue, id, email(to, 0)).await;
        }
        work_until!(queue, async {
            reaches(&queue, &id, "Failed", 3).await;
            reaches(&queue, &next, "Done", 1).await;
        });
    })
    .await;
    let attempts = spans.all_named("process emails");
    let (failed, done): (Vec<_>, Vec<_>) =
        attempts.into_iter().partition(|attempt| outcome(attempt).1);
    assert_eq!((failed.len(), done.len()), (3, 1), "{}", spans.tree());
    for attempt in failed {
        let SpanStatus::Error { description } = attempt.status() else {
            unreachable!()
        };
        assert_eq!(description, "`nowhere` is no address");
    }
}

#[tokio::test]
async fn a_job_without_headers_is_processed_in_a_trace_of_its_own() {
    let (queue, id) = (queue().await, TaskId::from(Ulid::generate()));
    let mut others = queue.clone();
    let mut hostile = MetadataStore::new();
    hostile.insert("traceparent", "00-nonsense").unwrap();
    let job = TaskBuilder::new(email("ada@example.org", 0)).task_id(id.clone());
    others
        .push_task(job.with_metadata(hostile).build())
        .await
        .unwrap();
    let (_, spans) = captured(async {
        work_until!(queue, reaches(&queue, &id, "Done", 1));
    })
    .await;
    let attempt = spans.named("process emails");
    assert!(attempt.is_root());
    assert_linked(attempt, &[]);
}
