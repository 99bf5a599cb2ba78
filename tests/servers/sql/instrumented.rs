//! sqlx on PostgreSQL: `traced::sqlx::Traced` around the pool gives each statement a span.

use futures::{StreamExt as _, TryStreamExt as _};
use opentelemetry::Value;
use opentelemetry::trace::{SpanKind, Status};
use sqlx::postgres::{PgExecutor, PgPool, PgPoolOptions};
use sqlx::{Executor as _, Row as _};
use traced::sqlx::Traced;
use traced::testing::{Span, capture_async};
use traced::traced;

use super::database::database;

const TABLE: &str = "CREATE TABLE goods (id bigint PRIMARY KEY, name text NOT NULL)";

/// A pool for a database that no other test uses, with the table.
async fn pool() -> Traced<PgPool> {
    let pool = PgPoolOptions::new().max_connections(2);
    let pool = pool.connect(&database(TABLE).await).await;
    Traced::new(pool.expect("the database"))
}

async fn insert(connection: impl PgExecutor<'_>, id: i64) -> sqlx::Result<()> {
    let query = sqlx::query("INSERT INTO goods (id, name) VALUES ($1, 'x''y')").bind(id);
    query.execute(connection).await?;
    Ok(())
}

#[traced]
async fn stock(pool: &Traced<PgPool>, ids: &[i64]) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    for id in ids {
        insert(&mut *transaction, *id).await?;
    }
    transaction.commit().await
}

#[tokio::test]
async fn statements_have_the_server_and_their_text_without_literals() {
    let pool = pool().await;
    let (result, spans) = capture_async(stock(&pool, &[1, 2])).await;
    result.unwrap();
    let parent = spans.named("stock");
    let names: Vec<&str> = spans
        .iter()
        .filter(|span| span.is_child_of(parent))
        .map(Span::name)
        .collect();
    assert_eq!(names, ["BEGIN", "INSERT goods", "INSERT goods", "COMMIT"]);
    let options = pool.get_ref().connect_options();
    for span in spans.all_named("INSERT goods") {
        assert_eq!(span.kind(), &SpanKind::Client);
        assert_eq!(span.text("db.system.name"), "postgresql");
        assert_eq!(
            span.attribute("db.namespace"),
            options.get_database().map(|name| name.to_owned().into())
        );
        assert_eq!(span.text("server.address"), "127.0.0.1");
        assert_eq!(
            span.attribute("server.port"),
            Some(Value::I64(options.get_port().into()))
        );
        assert_eq!(
            span.text("db.query.text"),
            "INSERT INTO goods (id, name) VALUES ($1, ?)"
        );
        assert_eq!(span.text("db.collection.name"), "goods");
    }
}

#[tokio::test]
async fn an_error_has_its_sqlstate() {
    let pool = pool().await;
    let (result, spans) = capture_async(stock(&pool, &[1, 1])).await;
    let message = result.unwrap_err().to_string();
    let inserted = spans.all_named("INSERT goods");
    let failed = inserted
        .into_iter()
        .find(|span| span.status() != &Status::Unset)
        .unwrap();
    assert_eq!(failed.status(), &Status::error(message));
    assert_eq!(failed.text("db.response.status_code"), "23505");
    assert_eq!(failed.text("error.type"), "23505");
    assert_eq!(
        (
            failed.exceptions().len(),
            spans.named("stock").exceptions().len()
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn rows_are_counted_as_they_are_read() {
    let pool = pool().await;
    stock(&pool, &[1, 2, 3, 4]).await.unwrap();
    let (_, spans) = capture_async(async {
        let ids = sqlx::query("SELECT id FROM goods ORDER BY id").fetch(&pool);
        let ids: Vec<i64> = ids
            .map(|row| -> sqlx::Result<i64> { row?.try_get("id") })
            .try_collect()
            .await
            .unwrap();
        assert_eq!(ids, [1, 2, 3, 4]);
        let mut some = pool.fetch("SELECT id FROM goods");
        assert!(some.next().await.unwrap().is_ok());
        drop(some);
        // The connection can be used after a stream was dropped early.
        pool.execute("SELECT 1").await.unwrap();
    })
    .await;
    let rows: Vec<String> = spans
        .all_named("SELECT goods")
        .into_iter()
        .map(|span| span.text("db.response.returned_rows"))
        .collect();
    assert_eq!(rows, ["4", "1"]);
    assert!(spans.iter().all(|span| span.status() == &Status::Unset));
}

#[tokio::test]
async fn a_lost_connection_fails_its_statement() {
    let pool = pool().await;
    let (result, spans) = capture_async(async {
        pool.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            .await
    })
    .await;
    result.unwrap_err();
    let span = spans.named("SELECT");
    assert!(span.has_failed());
    assert!(
        ["57P01", "io"].contains(&&*span.text("error.type")),
        "{}",
        span.text("error.type")
    );
    // The pool replaces the connection.
    pool.execute("SELECT 1").await.unwrap();
}

#[tokio::test]
async fn parallel_queries_are_children_of_their_callers() {
    let pool = pool().await;
    let (_, spans) = capture_async(async {
        let mut tasks = Vec::new();
        for id in 0..8 {
            let pool = pool.clone();
            tasks.push(tokio::spawn(traced::carry(async move {
                stock(&pool, &[id]).await
            })));
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    })
    .await;
    let parents = spans.all_named("stock");
    assert_eq!(parents.len(), 8);
    for parent in parents {
        let children = spans.iter().filter(|span| span.is_child_of(parent));
        assert_eq!(children.count(), 3, "{}", spans.tree());
    }
}
