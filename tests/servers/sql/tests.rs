use opentelemetry::trace::{SpanKind, Status};
use traced::testing::Released;
use traced_servers::{assert_attributes, captured, eventually, request};

use super::database::database;
use super::*;

const TABLE: &str =
    "CREATE TABLE orders (id bigint PRIMARY KEY, product text NOT NULL, quantity int NOT NULL)";

#[tokio::test]
async fn a_statement_is_described_by_the_conventions() {
    let pool = PgPool::connect(&database(TABLE).await).await.unwrap();
    let (result, spans) = captured(insert(&pool, 1, "teapot", 2)).await;
    result.unwrap();
    let span = spans.named("INSERT orders");
    assert_eq!(span.kind(), &SpanKind::Client);
    assert_attributes(
        span,
        [
            ("db.system.name", "postgresql".into()),
            ("db.operation.name", "INSERT".into()),
            ("db.collection.name", "orders".into()),
            ("db.query.text", INSERT.into()),
        ],
    );
    assert_eq!(span.status(), &Status::Unset);
}

#[tokio::test]
async fn the_rows_of_a_result_are_counted() {
    let pool = PgPool::connect(&database(TABLE).await).await.unwrap();
    let (result, spans) = captured(async {
        insert(&pool, 1, "teapot", 2).await?;
        insert(&pool, 2, "teapot", 3).await?;
        assert_eq!(select(&pool, "teapot").await?, [1, 2]);
        add(&pool, "teapot", 1).await
    })
    .await;
    assert_eq!(result.unwrap(), 2);
    let select = spans.named("SELECT orders");
    assert_eq!(
        select.attribute("db.response.returned_rows"),
        Some(2.into())
    );
    let update = spans.named("UPDATE orders");
    assert_eq!(update.attribute("orders.changed"), Some(2.into()));
}

#[tokio::test]
async fn a_stream_of_rows_is_timed_to_its_end() {
    let pool = PgPool::connect(&database(TABLE).await).await.unwrap();
    let (_, spans) = captured(async {
        insert(&pool, 1, "teapot", 2).await.unwrap();
        let mut rows = Box::pin(stream(&pool, "teapot"));
        assert_eq!(rows.next().await.unwrap().unwrap(), 1);
        traced::span!("between the rows", {});
        assert!(rows.next().await.is_none());
    })
    .await;
    let rows = spans.named("SELECT orders").data();
    let between = spans.named("between the rows").data();
    assert!(rows.start_time <= between.start_time && between.end_time <= rows.end_time);
}

#[tokio::test]
async fn an_error_has_its_sqlstate() {
    let pool = PgPool::connect(&database(TABLE).await).await.unwrap();
    let (result, spans) = captured(place_both(&pool, "teapot", [7, 7])).await;
    result.unwrap_err();
    let place = spans.named("place_both");
    let [first, second] = spans.find().name("INSERT orders").exactly();
    assert!(first.is_child_of(place) && second.is_child_of(place));
    assert_eq!(first.status(), &Status::Unset);
    assert_eq!(first.attribute("db.response.status_code"), None);
    // unique_violation
    assert_eq!(
        second.attribute("db.response.status_code"),
        Some("23505".into())
    );
    assert!(second.has_failed());
    assert_eq!(
        (second.exceptions().len(), place.exceptions().len()),
        (1, 0)
    );
    assert!(select(&pool, "teapot").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_connection_lost_mid_trace_is_an_error_and_the_work_goes_on() {
    let pool = PgPool::connect(&database(TABLE).await).await.unwrap();
    let (result, spans) = captured(unlucky(&pool)).await;
    result.unwrap();
    let request = spans.named("unlucky");
    let lost = spans.named("lose_the_connection");
    // admin_shutdown
    assert_eq!(
        lost.attribute("db.response.status_code"),
        Some("57P01".into())
    );
    assert_eq!(lost.exceptions().len(), 1);
    let insert = spans.named("INSERT orders");
    assert!(lost.is_child_of(request) && insert.is_child_of(request));
    assert_eq!(insert.status(), &Status::Unset);
}

#[tokio::test]
async fn a_pool_does_not_keep_the_request_that_opened_it() {
    let database = database(TABLE).await;
    let (pool, first) = request(async {
        let pool = open(&database, 4).await.unwrap();
        all_at_once(&pool, 4).await.unwrap();
        pool
    })
    .await;
    assert_eq!(pool.size(), 4, "the first request has made the pool grow");
    // The pool keeps nothing of the first request.
    first.spans().wait_for_async(Released).await;

    // The tasks of the pool go on without the first request: they replace lost connections.
    let held = first.spans().len();
    let (_, second) = captured(async {
        all_at_once(&pool, 4).await.unwrap();
        lose_the_connection(&pool).await.unwrap_err();
        assert!(eventually(|| pool.size() >= 1).await);
        all_at_once(&pool, 4).await.unwrap();
    })
    .await;
    assert_eq!(
        first.spans().len(),
        held,
        "nothing was added to the first request"
    );
    let old = first.spans();
    for span in second.iter() {
        for other in old.iter() {
            assert_ne!(span.trace_id(), other.trace_id());
        }
    }
    assert_eq!(second.all_named("nap").len(), 8);
    for nap in second.all_named("nap") {
        let parents = second.all_named("all_at_once");
        assert!(parents.iter().any(|parent| nap.is_child_of(parent)));
    }
}
