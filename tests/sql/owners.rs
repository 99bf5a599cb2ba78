//! A pool outlives the request that creates it, and must keep nothing of its trace.

use std::time::Duration;

use opentelemetry::trace::FutureExt as _;
use sqlx::Executor as _;
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use traced::sqlx::Traced;
use traced::testing::{Capture, capture_async};
use traced::traced;

#[traced]
async fn first_request() -> Traced<SqlitePool> {
    let options = SqlitePoolOptions::new()
        .min_connections(2)
        .max_connections(4)
        .idle_timeout(Duration::from_millis(20))
        .max_lifetime(Duration::from_millis(40));
    let pool = Traced::new(options.connect("sqlite::memory:").await.unwrap());
    pool.execute("SELECT 1").await.unwrap();
    pool
}

#[traced]
async fn later_request(pool: &Traced<SqlitePool>) {
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(30)).await;
        pool.execute("SELECT 2").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_does_not_keep_the_trace_of_the_request_that_created_it() {
    let capture = Capture::new();
    let pool = first_request().with_context(capture.context()).await;
    let first = capture.spans();
    assert_eq!(first.len(), 2);
    let trace = first.named("first_request").trace_id();
    // Meanwhile the pool closes and opens connections in tasks of its own.
    let (_, later) = capture_async(later_request(&pool)).await;
    assert_eq!(later.all_named("SELECT").len(), 4);
    for span in later.iter() {
        assert_ne!(span.trace_id(), trace);
    }
    for statement in later.all_named("SELECT") {
        assert!(statement.is_child_of(later.named("later_request")));
    }
    assert_eq!(
        capture.spans().len(),
        first.len(),
        "nothing was added to the first request"
    );
}
