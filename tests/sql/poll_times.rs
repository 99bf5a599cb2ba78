//! The times of polls beside spans of SQL. A process of its own, as polls are watched in all of it.

use std::time::Duration;

use ::diesel::Connection as _;
use ::diesel::connection::SimpleConnection as _;
use futures::StreamExt as _;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SpanData};
use sqlx::sqlite::SqlitePoolOptions;
use traced::diesel::DieselTracing;
use traced::sqlx::Traced;
use traced::telemetry::TelemetryBuilder;

const ROWS: &str = "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3";

fn polls(span: &SpanData) -> Option<String> {
    let mut found = span
        .attributes
        .iter()
        .filter(|it| it.key.as_str() == "traced.polls");
    let polls = found.next().map(|polls| polls.value.to_string());
    assert!(found.next().is_none(), "{span:?}");
    polls
}

#[tokio::test]
async fn statements_are_polled_and_calls_and_waits_are_not() {
    let exporter = InMemorySpanExporter::default();
    let builder = TelemetryBuilder::default().span_exporter(exporter.clone());
    let telemetry = builder.poll_times(true).init().unwrap();

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

    telemetry.force_flush();
    let spans = exporter.get_finished_spans().unwrap();
    let named = |name: &str| {
        let spans: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
        assert!(!spans.is_empty(), "no {name} has ended: {spans:#?}");
        spans
    };
    let polls_of = |name: &str| polls(named(name)[0]).map(|polls| polls.parse::<u32>().unwrap());
    assert!(polls_of("CREATE TABLE orders") >= Some(1));
    assert!(polls_of("INSERT orders") >= Some(1));
    // A poll for each row at least, and one for the end.
    let rows = spans.iter().find(|span| span.name.starts_with("SELECT"));
    let rows = polls(rows.unwrap()).map(|polls| polls.parse::<u32>().unwrap());
    assert!(rows >= Some(4), "{rows:?}");
    for wait in named("acquire connection") {
        assert_eq!(polls(wait), None);
    }
    assert_eq!(polls_of("CREATE TABLE parcels"), None);
    drop(telemetry);
}
