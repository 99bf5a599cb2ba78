//! The times of polls beside spans of SQL. A process of its own, as polls are watched in all of it.

use std::time::Duration;

use ::diesel::Connection as _;
use ::diesel::connection::SimpleConnection as _;
use futures::StreamExt as _;
use sqlx::sqlite::SqlitePoolOptions;
use traced::diesel::DieselTracing;
use traced::sqlx::Traced;
use traced::telemetry::TelemetryBuilder;
use traced::testing::{Span, capture_async};

const ROWS: &str = "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3";

/// The number of polls, if they were counted.
fn polls(span: &Span) -> Option<u32> {
    let polls = span.attribute("traced.polls")?;
    Some(polls.to_string().parse().unwrap())
}

#[tokio::test]
async fn statements_are_polled_and_calls_and_waits_are_not() {
    // Before the first capture, whose provider replaces that of the telemetry.
    let builder = TelemetryBuilder::default().no_exporter();
    let _telemetry = builder.poll_times(true).init().unwrap();
    let ((), spans) = capture_async(statements()).await;

    assert!(polls(spans.named("CREATE TABLE orders")) >= Some(1));
    assert!(polls(spans.named("INSERT orders")) >= Some(1));
    // A poll reads all rows that are there.
    let rows = polls(spans.find().name("SELECT*").one());
    assert!(rows >= Some(1), "{rows:?}");
    let waits = spans.all_named("acquire connection");
    assert!(!waits.is_empty(), "{}", spans.tree());
    for wait in waits {
        assert_eq!(polls(wait), None);
    }
    assert_eq!(polls(spans.named("CREATE TABLE parcels")), None);
}

async fn statements() {
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = Traced::new(pool.connect("sqlite::memory:").await.unwrap());
    let pool = pool.wait_threshold(Duration::ZERO);
    sqlx::query("CREATE TABLE orders (id INTEGER)")
        .execute(&pool)
        .await
        .unwrap();
    let inserted = sqlx::query("INSERT INTO orders VALUES (7) RETURNING id");
    inserted.fetch_optional(&pool).await.unwrap();
    let mut rows = sqlx::query(ROWS).fetch(&pool);
    while rows.next().await.is_some() {}
    drop(rows);
    let mut connection = ::diesel::SqliteConnection::establish(":memory:").unwrap();
    connection.set_instrumentation(DieselTracing::new(":memory:"));
    connection
        .batch_execute("CREATE TABLE parcels (id INTEGER)")
        .unwrap();
}
