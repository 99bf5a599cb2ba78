//! sqlx on PostgreSQL: functions of a repository, whose spans follow the semantic conventions for databases.

use std::borrow::Cow;

use futures::{Stream, StreamExt as _};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{PgExecutor, Row as _};
use traced::traced;

#[cfg(test)]
mod database;
#[cfg(test)]
mod diesel_async;
#[cfg(test)]
mod instrumented;
#[cfg(test)]
mod tests;

const INSERT: &str = "INSERT INTO orders (id, product, quantity) VALUES ($1, $2, $3)";
const SELECT: &str = "SELECT id FROM orders WHERE product = $1 ORDER BY id";
const UPDATE: &str = "UPDATE orders SET quantity = quantity + $2 WHERE product = $1";

/// The SQLSTATE of an error of the server. The loss of a connection has none.
fn sqlstate(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code()
}

// Each statement is a function. It takes any executor, so that it can be called in a transaction too.

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

/// Inserts both rows, or none.
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

/// Ends its own connection on the server, as an administrator or a failover may.
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
