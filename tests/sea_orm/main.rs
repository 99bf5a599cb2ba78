//! The spans of sea-orm's statements: entities, transactions and streams on SQLite in memory.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use opentelemetry::trace::{SpanKind, Status};
use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveValue::Set, ConnectOptions, Database, DatabaseTransaction, QueryOrder as _, StreamTrait,
    TransactionError, TransactionSession as _, TransactionTrait as _,
};
use traced::sea_orm::Traced;
use traced::testing::{assert_tree, capture_async};
use traced::traced;

#[allow(unreachable_pub, reason = "what sea-orm derives of it is public")]
mod orders {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "orders")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(unique)]
        pub product: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const SCHEMA: &str = "CREATE TABLE orders (id INTEGER PRIMARY KEY, product TEXT NOT NULL UNIQUE)";

async fn connection() -> DatabaseConnection {
    let connection = Database::connect("sqlite::memory:").await.unwrap();
    connection.execute_unprepared(SCHEMA).await.unwrap();
    connection
}

async fn database() -> Traced<DatabaseConnection> {
    Traced::new(connection().await).of("sqlite::memory:")
}

fn order(product: &str) -> orders::ActiveModel {
    orders::ActiveModel {
        product: Set(product.to_owned()),
        ..Default::default()
    }
}

/// As a function of a program is written: over whatever runs statements. Without sea-orm's feature for `RETURNING` it
/// asks for what it inserted.
#[traced]
async fn place(database: &impl ConnectionTrait, product: &str) -> Result<orders::Model, DbErr> {
    order(product).insert(database).await
}

#[tokio::test]
async fn statements_of_entities_are_spans_with_their_rows() {
    let database = database().await;
    let (found, spans) = capture_async(async {
        place(&database, "secret").await?;
        place(&database, "cup").await?;
        let one = orders::Entity::find_by_id(7).one(&database).await?;
        assert_eq!(one, None);
        orders::Entity::find().all(&database).await
    })
    .await;
    assert_eq!(found.unwrap().len(), 2);
    assert_tree!(
        spans,
        "
        place
          INSERT \"orders\"
          SELECT \"orders\"
        place
          INSERT \"orders\"
          SELECT \"orders\"
        SELECT \"orders\"
        SELECT \"orders\"
        "
    );
    let selects = spans.all_named("SELECT \"orders\"");
    assert_eq!(selects[2].text("db.response.returned_rows"), "0");
    let all = selects[3];
    assert_eq!(
        (all.kind(), all.status()),
        (&SpanKind::Client, &Status::Unset)
    );
    for (key, value) in [
        ("db.system.name", "sqlite"),
        ("db.operation.name", "SELECT"),
        ("db.collection.name", "\"orders\""),
        (
            "db.query.text",
            "SELECT \"orders\".\"id\", \"orders\".\"product\" FROM \"orders\"",
        ),
        ("db.response.returned_rows", "2"),
    ] {
        assert_eq!(all.text(key), value, "{key}");
    }
    for span in spans.iter() {
        assert!(!format!("{:?}", span.data()).contains("secret"));
    }
}

#[tokio::test]
async fn the_times_of_a_span_are_those_of_its_statement() {
    let database = database().await;
    let (begun, spans) = capture_async(async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let begun = std::time::SystemTime::now();
        place(&database, "cup").await.unwrap();
        begun
    })
    .await;
    let (place, insert) = (spans.named("place"), spans.named("INSERT \"orders\""));
    assert!(place.data().start_time <= insert.data().start_time);
    assert!(insert.data().start_time >= begun - Duration::from_millis(1));
    assert!(insert.data().start_time < insert.data().end_time);
    assert!(insert.data().end_time <= place.data().end_time);
}

#[tokio::test]
async fn an_error_fails_its_statement_with_the_code_of_the_database() {
    let database = database().await;
    let (result, spans) = capture_async(async {
        place(&database, "cup").await.unwrap();
        place(&database, "cup").await
    })
    .await;
    assert!(result.is_err());
    let [_, failed] = spans.find().name("INSERT \"orders\"").exactly();
    assert_eq!(failed.text("db.response.status_code"), "2067");
    assert_eq!(failed.text("error.type"), "2067");
    assert!(failed.has_failed());
    // The error goes on as it is, and its event is on the statement alone.
    let exceptions = spans.iter().map(|span| span.exceptions().len());
    assert_eq!(exceptions.sum::<usize>(), 1);
    assert_eq!(failed.exceptions().len(), 1);
}

#[tokio::test]
async fn a_pool_that_gives_no_connection_is_named() {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(1)
        .acquire_timeout(Duration::from_millis(50));
    let database = Traced::new(Database::connect(options).await.unwrap());
    let _held = database.begin().await.unwrap();
    let (result, spans) = capture_async(database.execute_unprepared("SELECT 1")).await;
    assert!(result.is_err());
    assert_eq!(spans.named("SELECT").text("error.type"), "pool_timed_out");
}

#[traced]
async fn place_all(database: &Traced<DatabaseConnection>, products: &[&str]) -> Result<(), DbErr> {
    let transaction = database.begin().await?;
    for product in products {
        order(product).insert(&transaction).await?;
    }
    let within = transaction.begin().await?;
    orders::Entity::delete_by_id(1).exec(&within).await?;
    within.rollback().await?;
    transaction.commit().await
}

#[tokio::test]
async fn transactions_and_savepoints_are_statements_too() {
    let database = database().await;
    let (result, spans) = capture_async(place_all(&database, &["a", "b"])).await;
    result.unwrap();
    assert_tree!(
        spans,
        "
        place_all
          BEGIN
          INSERT \"orders\"
          SELECT \"orders\"
          INSERT \"orders\"
          SELECT \"orders\"
          SAVEPOINT
          DELETE \"orders\"
          ROLLBACK TO SAVEPOINT
          COMMIT
        "
    );
    assert_eq!(
        orders::Entity::find().all(&database).await.unwrap().len(),
        2
    );
}

#[traced]
async fn in_closures(database: &Traced<DatabaseConnection>) -> Result<(), DbErr> {
    fn insert<'t>(
        transaction: &'t Traced<DatabaseTransaction>,
        product: &'static str,
        fails: bool,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), DbErr>> + Send + 't>> {
        Box::pin(async move {
            order(product).insert(transaction).await?;
            match fails {
                true => Err(DbErr::Custom("no".to_owned())),
                false => Ok(()),
            }
        })
    }
    let kept = database.transaction(|transaction| insert(transaction, "kept", false));
    kept.await.unwrap();
    let undone = database.transaction(|transaction| insert(transaction, "undone", true));
    let undone: Result<(), TransactionError<DbErr>> = undone.await;
    assert!(matches!(undone, Err(TransactionError::Transaction(_))));
    let kept =
        database.transaction_async(async |transaction| order("kept too").insert(transaction).await);
    kept.await.unwrap();
    Ok(())
}

#[tokio::test]
async fn closures_commit_or_roll_back() {
    let database = database().await;
    let (result, spans) = capture_async(in_closures(&database)).await;
    result.unwrap();
    assert_tree!(
        spans,
        "
        in_closures
          BEGIN
          INSERT \"orders\"
          SELECT \"orders\"
          COMMIT
          BEGIN
          INSERT \"orders\"
          SELECT \"orders\"
          ROLLBACK
          BEGIN
          INSERT \"orders\"
          SELECT \"orders\"
          COMMIT
        "
    );
    let left = orders::Entity::find().order_by_asc(orders::Column::Id);
    let left: Vec<_> = left.all(&database).await.unwrap();
    let left: Vec<_> = left.iter().map(|order| &*order.product).collect();
    assert_eq!(left, ["kept", "kept too"]);
}

#[traced]
fn row(_: &orders::Model) {}

#[traced]
async fn read(database: &(impl ConnectionTrait + StreamTrait), at_most: usize) -> usize {
    let rows = orders::Entity::find().stream(database).await.unwrap();
    let rows = rows.take(at_most).inspect_ok(row);
    rows.try_collect::<Vec<_>>().await.unwrap().len()
}

#[tokio::test]
async fn a_stream_ends_its_span_with_its_rows() {
    let database = database().await;
    for product in ["a", "b", "c"] {
        place(&database, product).await.unwrap();
    }
    for (at_most, rows) in [(9, "3"), (2, "2")] {
        let (read, spans) = capture_async(read(&database, at_most)).await;
        assert_eq!(read.to_string(), rows);
        let select = spans.named("SELECT \"orders\"");
        assert_eq!(select.text("db.response.returned_rows"), rows);
        assert_eq!(select.text("traced.cancelled"), "");
        assert_eq!(spans.parent_of(select).unwrap().name(), "read");
        // What a consumer does with a row is its own.
        let row = spans.all_named("row")[0];
        assert_eq!(spans.parent_of(row).unwrap().name(), "read");
        assert!(row.data().start_time > select.data().start_time);
        assert!(row.data().end_time <= select.data().end_time);
    }
    // In a transaction its own stream is.
    let transaction = database.begin().await.unwrap();
    let (count, spans) = capture_async(read(&transaction, 9)).await;
    assert_eq!(count, 3);
    assert_eq!(
        spans
            .named("SELECT \"orders\"")
            .text("db.response.returned_rows"),
        "3"
    );
}

#[tokio::test]
async fn a_statement_that_is_dropped_while_it_waits_was_cancelled() {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    let database = Traced::new(Database::connect(options).await.unwrap());
    let held = database.begin().await.unwrap();
    let ((), spans) = capture_async(async {
        let waits = database.execute_unprepared("DELETE FROM orders");
        let waited = tokio::time::timeout(Duration::from_millis(20), waits).await;
        assert!(waited.is_err());
    })
    .await;
    drop(held);
    assert_eq!(
        spans.named("DELETE orders").text("traced.cancelled"),
        "true"
    );
}

#[tokio::test]
async fn the_settings_of_a_connection_are_those_of_its_transactions() {
    let database = Traced::new(connection().await)
        .of("sqlite://data/shop.db?mode=ro")
        .keep_literals()
        .system_name("libsql")
        .slow_threshold(Duration::ZERO);
    let (result, spans) = capture_async(async {
        let transaction = database.begin().await?;
        transaction
            .execute_unprepared("INSERT INTO orders (product) VALUES ('cup')")
            .await?;
        transaction.commit().await
    })
    .await;
    result.unwrap();
    let insert = spans.named("INSERT orders");
    assert_eq!(insert.text("db.system.name"), "libsql");
    assert_eq!(insert.text("db.namespace"), "data/shop.db");
    assert!(insert.text("db.query.text").contains("'cup'"));
    assert_eq!(insert.event_names(), ["slow statement"]);
    // An URL of another system says nothing of this one.
    let other = Traced::new(connection().await).of("postgres://db.example.com/shop");
    let (_, spans) = capture_async(other.execute_unprepared("SELECT 1")).await;
    assert_eq!(spans.named("SELECT").text("server.address"), "");
}

#[tokio::test]
async fn without_a_span_statements_are_sent_all_the_same() {
    let database = database().await;
    #[traced(enabled = false)]
    async fn unseen(database: &Traced<DatabaseConnection>) -> usize {
        place(database, "cup").await.unwrap();
        read(database, 9).await
    }
    assert_eq!(unseen(&database).await, 1);
}
