//! The time a request waits for a connection.

use std::time::Duration;

use opentelemetry::trace::{SpanKind, Status};
use sqlx::Executor as _;
use sqlx::sqlite::SqlitePoolOptions;
use tokio::time::{sleep, timeout};
use traced::sqlx::Traced;
use traced::testing::capture_async;

use crate::support::bare;

const WAIT: Duration = Duration::from_millis(60);

#[tokio::test]
async fn a_long_wait_is_a_span_within_that_of_the_statement() {
    let pool = Traced::new(bare(1).await);
    let held = pool.get_ref().acquire().await.unwrap();
    let (_, spans) = capture_async(async {
        let give_back = async {
            sleep(WAIT).await;
            drop(held);
        };
        let (row, ()) = tokio::join!(pool.fetch_optional("SELECT 1"), give_back);
        row.unwrap();
        pool.execute("SELECT 2").await.unwrap();
    })
    .await;
    let wait = spans.named("acquire connection");
    let waited = spans
        .all_named("SELECT")
        .into_iter()
        .find(|span| wait.is_child_of(span))
        .unwrap();
    assert!(
        wait.duration() >= WAIT - Duration::from_millis(5),
        "{:?}",
        wait.duration()
    );
    assert!(waited.duration() >= wait.duration());
    assert!(wait.data().start_time >= waited.data().start_time - Duration::from_millis(1));
    assert_eq!(
        (wait.kind(), wait.text("db.system.name").as_str()),
        (&SpanKind::Internal, "sqlite")
    );
    assert_eq!(spans.len(), 3, "a short wait is none: {}", spans.tree());
}

#[tokio::test]
async fn the_threshold_can_be_set() {
    let pool = Traced::new(bare(1).await).wait_threshold(Duration::ZERO);
    let (_, spans) = capture_async(async {
        pool.begin().await.unwrap().commit().await.unwrap();
        drop(pool.acquire().await.unwrap());
    })
    .await;
    let [first, second] = spans.find().name("acquire connection").exactly();
    assert!(first.is_child_of(spans.named("BEGIN")) != second.is_child_of(spans.named("BEGIN")));
}

#[tokio::test]
async fn a_pool_that_is_exhausted_fails_the_wait_and_its_statement() {
    let options = SqlitePoolOptions::new().max_connections(1);
    let options = options.acquire_timeout(Duration::from_millis(200));
    let pool = Traced::new(options.connect("sqlite::memory:").await.unwrap());
    let held = pool.acquire().await.unwrap();
    let pool = pool.wait_threshold(Duration::from_secs(3600));
    let (result, spans) = capture_async(sqlx::query("SELECT 1").execute(&pool)).await;
    drop(held);
    assert!(matches!(result, Err(sqlx::Error::PoolTimedOut)));
    let (wait, statement) = (spans.named("acquire connection"), spans.named("SELECT"));
    assert!(wait.is_child_of(statement));
    for span in [wait, statement] {
        assert!(span.has_failed());
        assert_eq!(span.text("error.type"), "pool_timed_out");
    }
    assert_eq!(
        (wait.exceptions().len(), statement.exceptions().len()),
        (1, 0),
        "recorded once"
    );
}

#[tokio::test]
async fn whoever_gives_up_the_wait_has_cancelled_it() {
    let pool = Traced::new(bare(1).await);
    let held = pool.acquire().await.unwrap();
    let (_, spans) = capture_async(async {
        timeout(WAIT, pool.execute("SELECT 1")).await.unwrap_err();
        timeout(WAIT, pool.fetch_optional("SELECT 1"))
            .await
            .unwrap_err();
    })
    .await;
    drop(held);
    assert_eq!(spans.all_named("acquire connection").len(), 2);
    assert_eq!(spans.len(), 4);
    for span in spans.iter() {
        assert_eq!(span.text("traced.cancelled"), "true", "{}", spans.tree());
        assert_eq!(span.status(), &Status::Unset);
    }
}
