//! diesel-async on SQLite: its statements run on blocking threads.

use ::diesel::{QueryResult, SqliteConnection, sql_query};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection as _, RunQueryDsl as _};
use traced::diesel::{Blocking, DieselTracing};
use traced::testing::{assert_tree, capture_async};
use traced::traced;

type Connection = SyncConnectionWrapper<SqliteConnection, Blocking>;

async fn connection() -> Connection {
    let mut connection = Connection::establish(":memory:").await.unwrap();
    let schema = "CREATE TABLE orders (id INTEGER PRIMARY KEY, product TEXT NOT NULL UNIQUE)";
    sql_query(schema).execute(&mut connection).await.unwrap();
    connection.set_instrumentation(DieselTracing::new(":memory:"));
    connection
}

async fn insert(connection: &mut Connection, product: &str) -> QueryResult<usize> {
    let query = sql_query("INSERT INTO orders (product) VALUES (?)");
    let query = query.bind::<::diesel::sql_types::Text, _>(product);
    query.execute(connection).await
}

#[traced]
async fn place(connection: &mut Connection, products: &[&str]) -> QueryResult<()> {
    connection
        .transaction(async |connection| {
            for product in products {
                insert(connection, product).await?;
            }
            Ok(())
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_under_the_span_that_sent_them() {
    let mut connection = connection().await;
    let (result, spans) = capture_async(place(&mut connection, &["cup", "secret"])).await;
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
    assert!(
        !format!(
            "{:?}",
            spans.iter().map(|span| span.data()).collect::<Vec<_>>()
        )
        .contains("secret")
    );
    assert_eq!(spans.named("BEGIN").text("db.system.name"), "sqlite");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_fails_its_statement_once() {
    let mut connection = connection().await;
    let (result, spans) = capture_async(place(&mut connection, &["cup", "cup"])).await;
    assert!(result.is_err());
    assert_tree!(
        spans,
        "
        place
          BEGIN
          INSERT orders
          INSERT orders
          ROLLBACK
        "
    );
    let inserted = spans.all_named("INSERT orders");
    assert_eq!(inserted[1].text("error.type"), "UniqueViolation");
    assert!(inserted[1].has_failed());
    let exceptions = spans.iter().map(|span| span.exceptions().len());
    assert_eq!(exceptions.sum::<usize>(), 1);
}
