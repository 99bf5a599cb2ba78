//! The span of a row stream: its start, its row count and its end.

use std::time::Duration;

use futures::StreamExt as _;
use opentelemetry::trace::{FutureExt as _, Status};
use sqlx::Executor as _;
use tokio::time::timeout;
use traced::testing::{Capture, capture_async};

use crate::support::database;

#[tokio::test]
async fn a_stream_ends_its_span_at_its_end() {
    let pool = database().await;
    let capture = Capture::new();
    let context = capture.context();
    let mut rows = sqlx::query("SELECT id FROM orders").fetch(&pool);
    assert!(capture.spans().is_empty());
    for _ in 0..3 {
        assert!(
            rows.next()
                .with_context(context.clone())
                .await
                .unwrap()
                .is_ok()
        );
    }
    assert!(capture.spans().is_empty(), "there may be more");
    assert!(rows.next().with_context(context.clone()).await.is_none());
    let spans = capture.spans();
    assert_eq!(
        spans
            .named("SELECT orders")
            .text("db.response.returned_rows"),
        "3"
    );
    drop(rows);
    assert_eq!(capture.spans().len(), 1);
}

#[tokio::test]
async fn a_consumer_that_stops_early_is_no_error_and_cancels_nothing() {
    let pool = database().await;
    let (_, spans) = capture_async(async {
        let mut rows = sqlx::query("SELECT id FROM orders").fetch(&pool);
        assert!(rows.next().await.is_some());
    })
    .await;
    let span = spans.named("SELECT orders");
    assert_eq!(span.status(), &Status::Unset);
    assert_eq!(span.attribute("traced.cancelled"), None);
    assert_eq!(span.text("db.response.returned_rows"), "1");
    // The connection is back in the pool.
    assert!(sqlx::query("SELECT 1").fetch_one(&pool).await.is_ok());
}

#[tokio::test]
async fn a_stream_that_nobody_polls_has_no_span() {
    let pool = database().await;
    let (_, spans) = capture_async(async {
        drop(sqlx::query("SELECT id FROM orders").fetch(&pool));
        drop(sqlx::query("SELECT id FROM orders").fetch_optional(&pool));
    })
    .await;
    assert!(spans.is_empty());
}

#[tokio::test]
async fn an_item_that_is_an_error_fails_the_span() {
    let pool = database().await;
    let (_, spans) = capture_async(async {
        // The second row fails.
        let query = "SELECT CASE id WHEN 2 THEN abs(-9223372036854775808) ELSE id END FROM orders";
        let mut rows = pool.fetch(query);
        assert!(rows.next().await.unwrap().is_ok());
        assert!(rows.next().await.unwrap().is_err());
    })
    .await;
    let span = spans.named("SELECT orders");
    assert!(span.has_failed());
    assert_eq!(span.text("error.type"), "1");
    assert_eq!(span.text("db.response.status_code"), "1");
    assert_eq!(span.exceptions().len(), 1);
    assert_eq!(span.attribute("traced.cancelled"), None);
}

#[tokio::test]
async fn whoever_gives_up_while_a_statement_runs_has_cancelled_it() {
    let pool = database().await;
    // A query that takes about a second.
    let long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)
        SELECT count(*) FROM n";
    let (_, spans) = capture_async(async {
        let limit = Duration::from_millis(20);
        timeout(limit, pool.fetch_optional(long)).await.unwrap_err();
        timeout(limit, pool.execute(long)).await.unwrap_err();
    })
    .await;
    for span in spans.all_named("SELECT SELECT SELECT") {
        assert_eq!(span.text("traced.cancelled"), "true");
        assert_eq!(span.status(), &Status::Unset);
    }
    assert_eq!(
        spans
            .iter()
            .filter(|span| span.name() != "acquire connection")
            .count(),
        2
    );
}

/// More rows than are read in one poll, so that the source is asked again.
const MANY: &str = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100) \
                    SELECT n FROM numbers";

#[tokio::test]
async fn many_rows_of_a_pool_arrive_in_their_order() {
    let pool = database().await;
    let (rows, spans) = capture_async(async {
        let rows: Vec<(i64,)> = sqlx::query_as(MANY).fetch_all(&pool).await.unwrap();
        rows
    })
    .await;
    assert!(rows.into_iter().map(|(row,)| row).eq(1..=100));
    assert_eq!(spans.len(), 1);
    let span = spans.iter().next().unwrap();
    assert_eq!(span.text("db.response.returned_rows"), "100");
}

#[tokio::test]
async fn many_rows_of_a_connection_arrive_in_their_order() {
    let pool = database().await;
    let mut connection = pool.acquire().await.unwrap();
    let (rows, spans) = capture_async(async {
        let rows: Vec<(i64,)> = sqlx::query_as(MANY)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        rows
    })
    .await;
    assert!(rows.into_iter().map(|(row,)| row).eq(1..=100));
    let span = spans.iter().next().unwrap();
    assert_eq!(span.text("db.response.returned_rows"), "100");
}

#[tokio::test]
async fn a_row_that_nobody_takes_is_not_counted() {
    let pool = database().await;
    let (_, spans) = capture_async(async {
        let mut rows = sqlx::query(MANY).fetch(&pool);
        for _ in 0..20 {
            assert!(rows.next().await.unwrap().is_ok());
        }
    })
    .await;
    let span = spans.iter().next().unwrap();
    assert_eq!(span.text("db.response.returned_rows"), "20");
}
