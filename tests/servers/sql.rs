//! sqlx on PostgreSQL: repository functions by the semantic conventions for databases.

use std::borrow::Cow;

use futures::{Stream, StreamExt as _};
use opentelemetry::trace::{SpanKind, Status};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgExecutor, Row as _};
use traced::traced;
use traced_servers::{address, assert_attributes, captured, eventually, request, unique};

const INSERT: &str = "INSERT INTO orders (id, product, quantity) VALUES ($1, $2, $3)";
const SELECT: &str = "SELECT id FROM orders WHERE product = $1 ORDER BY id";
const UPDATE: &str = "UPDATE orders SET quantity = quantity + $2 WHERE product = $1";

/// What SQL calls the error; a lost connection has none.
fn sqlstate(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code()
}

// One function a statement. They take what runs it, so that they serve in a transaction too.

#[traced(
    name = "INSERT orders",
    kind = "client",
    attributes(
        db.system.name = "postgresql",
        db.operation.name = "INSERT",
        db.collection.name = "orders",
        db.query.text = INSERT,
    ),
    on_err(|error| db.response.status_code = sqlstate(error)),
)]
async fn insert(
    database: impl PgExecutor<'_>,
    id: i64,
    product: &str,
    quantity: i32,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(INSERT).bind(id).bind(product).bind(quantity);
    query.execute(database).await?;
    Ok(())
}

#[traced(
    name = "SELECT orders",
    kind = "client",
    attributes(
        db.system.name = "postgresql",
        db.operation.name = "SELECT",
        db.collection.name = "orders",
        db.query.text = SELECT,
    ),
    on_ok(|ids| db.response.returned_rows = ids.len()),
    on_err(|error| db.response.status_code = sqlstate(error)),
)]
async fn select(database: impl PgExecutor<'_>, product: &str) -> Result<Vec<i64>, sqlx::Error> {
    let rows = sqlx::query(SELECT)
        .bind(product)
        .fetch_all(database)
        .await?;
    rows.iter().map(|row| row.try_get("id")).collect()
}

#[traced(
    name = "UPDATE orders",
    kind = "client",
    attributes(
        db.system.name = "postgresql",
        db.operation.name = "UPDATE",
        db.collection.name = "orders",
        db.query.text = UPDATE,
    ),
    on_ok(|changed| orders.changed = *changed),
    on_err(|error| db.response.status_code = sqlstate(error)),
)]
async fn add(database: impl PgExecutor<'_>, product: &str, more: i32) -> Result<u64, sqlx::Error> {
    let query = sqlx::query(UPDATE).bind(product).bind(more);
    Ok(query.execute(database).await?.rows_affected())
}

#[traced(
    name = "SELECT orders",
    kind = "client",
    attributes(
        db.system.name = "postgresql",
        db.operation.name = "SELECT",
        db.collection.name = "orders",
        db.query.text = SELECT,
    ),
)]
fn stream<'d>(
    database: impl PgExecutor<'d> + 'd,
    product: &'d str,
) -> impl Stream<Item = Result<i64, sqlx::Error>> + 'd {
    let rows = sqlx::query(SELECT).bind(product).fetch(database);
    rows.map(|row| row?.try_get("id"))
}

/// Two rows, or none.
#[traced(attributes(product))]
async fn place_both(pool: &PgPool, product: &str, ids: [i64; 2]) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    for id in ids {
        insert(&mut *transaction, id, product, 1).await?;
    }
    transaction.commit().await
}

#[traced]
async fn open(database: &str, connections: u32) -> Result<PgPool, sqlx::Error> {
    let pool = PgPoolOptions::new()
        .min_connections(1)
        .max_connections(connections);
    pool.connect(database).await
}

/// Needs as many connections as there are queries.
#[traced]
async fn all_at_once(pool: &PgPool, queries: usize) -> Result<(), sqlx::Error> {
    let mut tasks = Vec::new();
    for _ in 0..queries {
        let pool = pool.clone();
        tasks.push(tokio::spawn(async move { nap(&pool).await }));
    }
    for task in tasks {
        task.await.expect("nothing panics")?;
    }
    Ok(())
}

#[traced(kind = "client", attributes(db.system.name = "postgresql"))]
async fn nap(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_sleep(0.2)").execute(pool).await?;
    Ok(())
}

/// As an administrator does it, or a failover.
#[traced(kind = "client", attributes(db.system.name = "postgresql"), on_err(|error| db.response.status_code = sqlstate(error)))]
async fn lose_the_connection(database: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    let query = sqlx::query("SELECT pg_terminate_backend(pg_backend_pid())");
    query.execute(database).await?;
    Ok(())
}

/// Loses its connection and gets another.
#[traced]
async fn unlucky(pool: &PgPool) -> Result<(), sqlx::Error> {
    if lose_the_connection(pool).await.is_ok() {
        return Err(sqlx::Error::PoolClosed);
    }
    insert(pool, 1, "teapot", 2).await
}

/// A database of the test's own, with the table.
async fn database() -> String {
    let server = address("POSTGRES_URL");
    let name = unique("orders");
    let pool = PgPool::connect(&server).await.expect("PostgreSQL answers");
    let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create)
        .execute(&pool)
        .await
        .expect("a database");
    let (server, _) = server.rsplit_once('/').expect("an address with a database");
    let database = format!("{server}/{name}");
    let pool = PgPool::connect(&database).await.expect("the database");
    let table =
        "CREATE TABLE orders (id bigint PRIMARY KEY, product text NOT NULL, quantity int NOT NULL)";
    sqlx::query(table).execute(&pool).await.expect("a table");
    database
}

#[tokio::test]
async fn a_statement_is_described_by_the_conventions() {
    let pool = PgPool::connect(&database().await).await.unwrap();
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
async fn rows_are_counted_where_the_result_is_known() {
    let pool = PgPool::connect(&database().await).await.unwrap();
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
    let pool = PgPool::connect(&database().await).await.unwrap();
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
async fn an_error_says_its_sqlstate() {
    let pool = PgPool::connect(&database().await).await.unwrap();
    let (result, spans) = captured(place_both(&pool, "teapot", [7, 7])).await;
    result.unwrap_err();
    let place = spans.named("place_both");
    let [first, second] = spans.all_named("INSERT orders")[..] else {
        panic!("{}", spans.tree())
    };
    assert!(first.is_child_of(place) && second.is_child_of(place));
    assert_eq!(first.status(), &Status::Unset);
    assert_eq!(first.attribute("db.response.status_code"), None);
    // unique_violation
    assert_eq!(
        second.attribute("db.response.status_code"),
        Some("23505".into())
    );
    assert!(matches!(second.status(), Status::Error { .. }));
    assert_eq!(
        (second.exceptions().len(), place.exceptions().len()),
        (1, 0)
    );
    assert!(select(&pool, "teapot").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_connection_lost_mid_trace_is_an_error_and_the_work_goes_on() {
    let pool = PgPool::connect(&database().await).await.unwrap();
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
    let database = database().await;
    let (pool, first) = request(async {
        let pool = open(&database, 4).await.unwrap();
        all_at_once(&pool, 4).await.unwrap();
        pool
    })
    .await;
    assert_eq!(pool.size(), 4, "the first request has made the pool grow");
    assert!(
        !first.is_held().await,
        "the pool holds the context of the first request"
    );

    // The pool's own work goes on: it replaces what was lost while nobody asks.
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
