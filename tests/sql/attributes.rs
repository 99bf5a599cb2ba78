//! The attributes of a statement's span.

use std::time::Duration;

use opentelemetry::Value;
use opentelemetry::trace::{SpanKind, Status};
use sqlx::Executor as _;
use traced::sqlx::Traced;
use traced::testing::capture_async;

use crate::support::{bare, database};

#[tokio::test]
async fn a_statement_is_a_span_by_the_conventions() {
    let pool = database().await;
    let (orders, spans) = capture_async(async {
        sqlx::query("SELECT id, 7 FROM orders WHERE product = $1 AND id < 100")
            .bind("teapot")
            .fetch_all(&pool)
            .await
            .unwrap()
    })
    .await;
    assert_eq!((orders.len(), spans.len()), (2, 1));
    let span = spans.named("SELECT orders");
    assert_eq!(span.kind(), &SpanKind::Client);
    assert_eq!(span.status(), &Status::Unset);
    for (key, value) in [
        ("db.system.name", "sqlite"),
        (
            "db.query.text",
            "SELECT id, ? FROM orders WHERE product = $1 AND id < ?",
        ),
        ("db.query.summary", "SELECT orders"),
        ("db.operation.name", "SELECT"),
        ("db.collection.name", "orders"),
        ("db.response.returned_rows", "2"),
    ] {
        assert_eq!(span.text(key), value, "{key}");
    }
    assert_eq!(
        span.attribute("db.response.returned_rows"),
        Some(Value::I64(2))
    );
    for key in [
        "server.address",
        "server.port",
        "error.type",
        "db.response.status_code",
        "traced.cancelled",
    ] {
        assert_eq!(span.attribute(key), None, "{key}");
    }
}

#[tokio::test]
async fn a_file_is_the_namespace() {
    let folder = std::env::temp_dir().join(format!("traced-sql-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("a b.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true);
    let pool = Traced::new(sqlx::SqlitePool::connect_with(options).await.unwrap());
    let (_, spans) = capture_async(pool.execute("SELECT 1")).await;
    pool.get_ref().close().await;
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(
        spans.named("SELECT").text("db.namespace"),
        file.to_str().unwrap()
    );
}

#[tokio::test]
async fn an_error_fails_its_span_with_the_code_of_the_database() {
    let pool = database().await;
    let (result, spans) = capture_async(async {
        sqlx::query("INSERT INTO orders (product) VALUES ('')")
            .execute(&pool)
            .await
    })
    .await;
    let message = result.unwrap_err().to_string();
    let span = spans.named("INSERT orders");
    assert_eq!(span.status(), &Status::error(message));
    assert_eq!(span.text("db.response.status_code"), "275");
    assert_eq!(span.text("error.type"), "275");
    assert_eq!(span.exceptions().len(), 1);
    assert_eq!(span.attribute("db.response.returned_rows"), None);
}

#[tokio::test]
async fn an_error_that_is_not_of_the_database_has_a_class() {
    let pool = database().await;
    pool.get_ref().close().await;
    let (result, spans) = capture_async(sqlx::query("SELECT 1").fetch_optional(&pool)).await;
    assert!(matches!(result, Err(sqlx::Error::PoolClosed)));
    let span = spans.named("SELECT");
    assert_eq!(span.text("error.type"), "pool_closed");
    assert_eq!(
        span.exceptions().len() + spans.named("acquire connection").exceptions().len(),
        1
    );
}

#[tokio::test]
async fn no_row_where_one_is_asked_for_is_no_failure_of_the_statement() {
    let pool = database().await;
    let query = sqlx::query("SELECT id FROM orders WHERE id = 99");
    let (result, spans) = capture_async(query.fetch_one(&pool)).await;
    assert!(matches!(result, Err(sqlx::Error::RowNotFound)));
    let span = spans.named("SELECT orders");
    assert_eq!(span.status(), &Status::Unset);
    assert_eq!(span.text("db.response.returned_rows"), "0");
}

#[tokio::test]
async fn a_change_that_returns_no_rows_is_not_said_to_have_returned_none() {
    let pool = database().await;
    for (text, name, rows) in [
        (
            "INSERT INTO orders (product) VALUES ('cup')",
            "INSERT orders",
            None,
        ),
        (
            "update orders SET product = 'mug' WHERE id = 99",
            "update orders",
            None,
        ),
        ("DELETE FROM orders WHERE id = 99", "DELETE orders", None),
        (
            "INSERT INTO orders (product) VALUES ('cup') RETURNING id",
            "INSERT orders",
            Some(1),
        ),
        (
            "SELECT id FROM orders WHERE id = 99",
            "SELECT orders",
            Some(0),
        ),
    ] {
        let (result, spans) = capture_async(sqlx::query(text).fetch_all(&pool)).await;
        assert!(result.is_ok(), "{text}");
        let returned = spans.named(name).attribute("db.response.returned_rows");
        assert_eq!(returned, rows.map(Value::I64), "{text}");
    }
    let (result, spans) = capture_async(pool.execute("DELETE FROM orders WHERE id = 99")).await;
    assert!(result.is_ok());
    let returned = spans
        .named("DELETE orders")
        .attribute("db.response.returned_rows");
    assert_eq!(returned, None);
}

#[tokio::test]
async fn literals_are_recorded_where_that_is_asked_for() {
    let pool = Traced::new(bare(1).await).keep_literals();
    let (_, spans) = capture_async(pool.execute("SELECT 'Ann' -- of Bob")).await;
    assert_eq!(
        spans.named("SELECT").text("db.query.text"),
        "SELECT 'Ann' -- of Bob"
    );
}

#[tokio::test]
async fn another_name_of_the_system_is_taken() {
    let pool = Traced::new(bare(1).await).system_name("libsql");
    let (_, spans) = capture_async(pool.execute("SELECT 1")).await;
    assert_eq!(spans.named("SELECT").text("db.system.name"), "libsql");
}

#[tokio::test]
async fn a_slow_statement_says_so() {
    let pool = Traced::new(bare(1).await).slow_threshold(Duration::ZERO);
    let (_, spans) = capture_async(async {
        pool.execute("SELECT 1").await.unwrap();
        pool.fetch_optional("SELECT 2").await.unwrap();
    })
    .await;
    for span in spans.all_named("SELECT") {
        let events = span.events();
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(events[0].name, "slow statement");
        let keys: Vec<_> = events[0]
            .attributes
            .iter()
            .map(|attribute| attribute.key.as_str())
            .collect();
        assert_eq!(keys, ["traced.elapsed_ns", "traced.threshold_ns"]);
    }
    let quick = pool.slow_threshold(Duration::from_secs(3600));
    let (_, spans) = capture_async(quick.execute("SELECT 1")).await;
    assert!(spans.named("SELECT").events().is_empty());
}

#[tokio::test]
async fn a_statement_that_nobody_can_read_is_sent_and_named_after_its_system() {
    let pool = database().await;
    let (result, spans) = capture_async(pool.execute("'secret")).await;
    assert!(result.is_err());
    let span = spans.named("sqlite");
    assert_eq!(span.text("db.query.text"), "?");
    assert_eq!(span.attribute("db.query.summary"), None);
}

#[tokio::test]
async fn several_statements_in_one_text_are_one_span() {
    let pool = database().await;
    let text_ = "INSERT INTO orders (product) VALUES ('x'); SELECT id FROM orders";
    let (rows, spans) = capture_async(sqlx::raw_sql(text_).fetch_all(&pool)).await;
    assert_eq!(rows.unwrap().len(), 4);
    let span = spans.named("INSERT orders SELECT orders");
    assert_eq!(span.attribute("db.operation.name"), None);
    assert_eq!(span.attribute("db.collection.name"), None);
    assert_eq!(span.text("db.response.returned_rows"), "4");
}
