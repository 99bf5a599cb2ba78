//! Statements through every handle: pools, connections, transactions. And sqlx's own API is
//! unchanged.

use futures::{StreamExt as _, TryStreamExt as _};
use sqlx::sqlite::{SqliteConnection, SqliteExecutor, SqlitePool, SqliteRow};
use sqlx::{Connection as _, Executor, FromRow, QueryBuilder, Row as _, Sqlite, Statement as _};
use traced::sqlx::Traced;
use traced::testing::{assert_tree, capture_async};
use traced::traced;

use crate::support::{NO_WAIT, bare, database};

async fn insert(database: impl SqliteExecutor<'_>, product: &str) -> sqlx::Result<i64> {
    let query = sqlx::query_scalar("INSERT INTO orders (product) VALUES ($1) RETURNING id");
    query.bind(product).fetch_one(database).await
}

#[traced]
async fn place(pool: &Traced<SqlitePool>, products: &[&str], commits: bool) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    for product in products {
        insert(&mut *transaction, product).await?;
    }
    match commits {
        true => transaction.commit().await,
        false => transaction.rollback().await,
    }
}

async fn count(database: impl SqliteExecutor<'_>) -> i64 {
    let query = sqlx::query_scalar("SELECT count(*) FROM orders");
    query.fetch_one(database).await.unwrap()
}

#[tokio::test]
async fn a_transaction_is_its_statements_from_begin_to_commit() {
    let pool = database().await;
    let (result, spans) = capture_async(place(&pool, &["kettle", "cup"], true)).await;
    result.unwrap();
    assert_tree!(
        spans,
        "
        place
          BEGIN
          INSERT orders
          INSERT orders
          COMMIT
        "
    );
    assert_eq!(count(&pool).await, 5);
}

#[tokio::test]
async fn a_transaction_that_is_rolled_back_or_dropped_changes_nothing() {
    let pool = database().await;
    let (result, spans) = capture_async(place(&pool, &["kettle"], false)).await;
    result.unwrap();
    assert_tree!(
        spans,
        "
        place
          BEGIN
          INSERT orders
          ROLLBACK
        "
    );
    let (result, spans) = capture_async(place(&pool, &["kettle", ""], true)).await;
    result.unwrap_err();
    assert_tree!(
        spans,
        "
        place
          BEGIN
          INSERT orders
          INSERT orders
        "
    );
    assert_eq!(count(&pool).await, 3);
}

#[tokio::test]
async fn savepoints_have_their_own_statements() {
    let pool = database().await;
    let (_, spans) = capture_async(async {
        let mut outer = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
        insert(&mut *outer, "kettle").await.unwrap();
        let mut inner = outer.begin().await.unwrap();
        insert(&mut inner, "cup").await.unwrap();
        inner.rollback().await.unwrap();
        let inner = outer.begin().await.unwrap();
        inner.commit().await.unwrap();
        outer.commit().await.unwrap();
    })
    .await;
    assert_tree!(
        spans,
        "
        BEGIN
        INSERT orders
        SAVEPOINT
        INSERT orders
        ROLLBACK TO SAVEPOINT
        SAVEPOINT
        RELEASE SAVEPOINT
        COMMIT
        "
    );
    assert_eq!(count(&pool).await, 4);
}

#[tokio::test]
async fn connections_of_every_kind_are_executors() {
    let pool = database().await;
    let (_, spans) = capture_async(async {
        let mut connection = pool.acquire().await.unwrap();
        insert(&mut connection, "of a pool").await.unwrap();
        insert(&mut *connection, "of a pool").await.unwrap();
        let transaction = connection.begin().await.unwrap();
        transaction.commit().await.unwrap();
        // A bare connection is taken out of a traced one as it is out of sqlx's own.
        count(&mut **connection.get_mut()).await;
        drop(connection);
        // sqlx returns the connection to the pool in a task.
        while pool.try_acquire().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_tree!(
        spans,
        "
        INSERT orders
        INSERT orders
        BEGIN
        COMMIT
        "
    );

    let mut bare = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let (_, spans) = capture_async(async {
        let mut borrowed = Traced::new(&mut bare);
        borrowed
            .execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, product)")
            .await
            .unwrap();
        insert(&mut borrowed, "borrowed").await.unwrap();
        let mut owned = Traced::new(Box::new(bare));
        insert(&mut owned, "owned").await.unwrap();
        owned.into_inner().close().await.unwrap();
    })
    .await;
    assert_tree!(
        spans,
        "
        CREATE TABLE orders
        INSERT orders
        INSERT orders
        "
    );
}

#[derive(Debug, FromRow, PartialEq)]
struct Order {
    id: i64,
    product: String,
}

/// Every way to send a query with `&pool` compiles and returns what sqlx returns.
#[tokio::test]
async fn every_way_to_send_a_query_gives_what_sqlx_gives() {
    let bare = bare(1).await;
    let pool = Traced::new(bare.clone()).wait_threshold(NO_WAIT);
    let all = "SELECT id, product FROM orders ORDER BY id";
    let (_, spans) = capture_async(async {
        let one: Order = sqlx::query_as(all).fetch_one(&pool).await.unwrap();
        assert_eq!(
            one,
            Order {
                id: 1,
                product: "teapot".to_owned()
            }
        );
        let many: Vec<Order> = sqlx::query_as(all).fetch_all(&pool).await.unwrap();
        let same: Vec<Order> = sqlx::query_as(all).fetch_all(&bare).await.unwrap();
        assert_eq!(many, same);
        let streamed: Vec<Order> = sqlx::query_as(all)
            .fetch(&pool)
            .try_collect()
            .await
            .unwrap();
        assert_eq!(streamed, same);
        let none: Option<Order> = sqlx::query_as("SELECT id, product FROM orders WHERE id = 9")
            .fetch_optional(&pool)
            .await
            .unwrap();
        assert_eq!(none, None);
        let ids = sqlx::query(all).map(|row: SqliteRow| row.get::<i64, _>("id"));
        assert_eq!(ids.fetch_all(&pool).await.unwrap(), [1, 2, 3]);
        let done = sqlx::query("UPDATE orders SET product = 'x'")
            .execute(&pool)
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 3);
        let mut built = QueryBuilder::<Sqlite>::new("SELECT count(*) FROM orders WHERE id IN (");
        built.separated(", ").push_bind(1).push_bind(2);
        built.push(")");
        assert_eq!(
            built
                .build_query_scalar::<i64>()
                .fetch_one(&pool)
                .await
                .unwrap(),
            2
        );
        let statement = pool
            .prepare(sqlx::SqlStr::from_static("SELECT $1 + 1"))
            .await
            .unwrap();
        let sum: i64 = statement
            .query_scalar()
            .bind(41)
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!((sum, statement.sql().as_str()), (42, "SELECT $1 + 1"));
    })
    .await;
    assert_eq!(spans.len(), 9);
    assert_eq!(spans.all_named("PREPARE SELECT").len(), 1);
    let built = spans.iter().filter(|span| {
        span.attribute("db.query.text")
            == Some("SELECT count(*) FROM orders WHERE id IN (?, ?)".into())
    });
    assert_eq!(built.count(), 1);
}

/// A function over any executor, whose stream borrows what sqlx's stream would.
fn ids<'d>(
    database: impl SqliteExecutor<'d> + 'd,
    product: &'d str,
) -> impl futures::Stream<Item = sqlx::Result<i64>> + 'd {
    let rows = sqlx::query("SELECT id FROM orders WHERE product = $1").bind(product);
    rows.fetch(database).map(|row| row?.try_get("id"))
}

#[tokio::test]
async fn streams_live_as_long_as_those_of_sqlx() {
    let pool = database().await;
    let product = String::from("teapot");
    let found: Vec<i64> = ids(&pool, &product).try_collect().await.unwrap();
    assert_eq!(found, [1, 3]);
    // The stream does not borrow the pool.
    let stream = {
        let short = pool.clone();
        sqlx::query("SELECT id FROM orders").fetch(&short)
    };
    assert_eq!(stream.count().await, 3);
    // The future can be sent to another task, as sqlx's can.
    let task = tokio::spawn(async move { sqlx::query("SELECT 1").fetch_one(&pool).await.is_ok() });
    assert!(task.await.unwrap());
}

/// A generic function needs the same bounds as with sqlx's own pool.
async fn generic<DB>(pool: &Traced<sqlx::Pool<DB>>) -> usize
where
    DB: sqlx::Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let mut transaction = pool.begin().await.unwrap();
    let rows = (&mut *transaction)
        .fetch_all("SELECT id FROM orders")
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    rows.len()
}

#[tokio::test]
async fn a_function_may_be_generic_over_the_database() {
    let pool = database().await;
    let (rows, spans) = capture_async(generic(&pool)).await;
    assert_eq!(rows, 3);
    assert_tree!(
        spans,
        "
        BEGIN
        SELECT orders
        COMMIT
        "
    );
}
