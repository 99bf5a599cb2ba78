//! diesel-async on PostgreSQL, through the hook of diesel: statements one after the other, many at once, and dropped.

use std::time::Duration;

use diesel::sql_types::{Integer, Text};
use diesel::{QueryResult, QueryableByName, sql_query};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use futures::future::{join3, try_join_all};
use opentelemetry::Value;
use opentelemetry::trace::{SpanKind, Status};
use traced::diesel::DieselTracing;
use traced::testing::{Span, Spans, capture_async};
use traced::traced;
use traced_servers::{address, assert_attributes, unique};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Integer)]
    id: i32,
}

/// A connection, and a table that no other test uses.
async fn connection() -> (AsyncPgConnection, String) {
    let url = address("POSTGRES_URL");
    let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
    let table = unique("parcels");
    let create = format!("CREATE TEMPORARY TABLE {table} (id int PRIMARY KEY, name text NOT NULL)");
    sql_query(create).execute(&mut connection).await.unwrap();
    connection.set_instrumentation(DieselTracing::new(&url));
    (connection, table)
}

/// The names of the spans below `parent`, in the order of their start.
fn below<'s>(spans: &'s Spans, parent: &str) -> Vec<&'s str> {
    let parent = spans.named(parent);
    let children = spans.children_of(parent);
    children.iter().map(|span| span.name()).collect()
}

fn is_cancelled(span: &Span) -> bool {
    span.attribute("traced.cancelled").is_some()
}

fn text(span: &Span) -> String {
    let text = span.attribute("db.query.text");
    text.map(|text| text.to_string()).unwrap_or_default()
}

async fn insert(connection: &mut AsyncPgConnection, table: &str, id: i32) -> QueryResult<()> {
    let query = sql_query(format!("INSERT INTO {table} VALUES ($1, $2)"));
    let query = query.bind::<Integer, _>(id).bind::<Text, _>("secret");
    query.execute(connection).await?;
    Ok(())
}

#[traced]
async fn store(connection: &mut AsyncPgConnection, table: &str, ids: &[i32]) -> QueryResult<()> {
    connection
        .transaction(async |connection| {
            for id in ids {
                insert(connection, table, *id).await?;
            }
            Ok(())
        })
        .await
}

#[tokio::test]
async fn statements_are_under_the_span_that_sent_them() {
    let (mut connection, table) = connection().await;
    let (result, spans) = capture_async(store(&mut connection, &table, &[1, 2])).await;
    result.unwrap();
    let inserted = format!("INSERT {table}");
    assert_eq!(
        below(&spans, "store"),
        ["BEGIN", &inserted, &inserted, "COMMIT"]
    );
    let insert = spans.all_named(&inserted)[0];
    assert_eq!(
        (insert.kind(), insert.status()),
        (&SpanKind::Client, &Status::Unset)
    );
    assert_attributes(
        insert,
        [
            ("db.system.name", Value::from("postgresql")),
            ("server.address", Value::from("127.0.0.1")),
            ("db.operation.name", Value::from("INSERT")),
        ],
    );
    assert!(!spans.iter().any(is_cancelled));
    assert!(
        !spans
            .iter()
            .any(|span| format!("{:?}", span.data()).contains("secret"))
    );
}

#[tokio::test]
async fn an_error_fails_its_statement_once() {
    let (mut connection, table) = connection().await;
    let (result, spans) = capture_async(store(&mut connection, &table, &[1, 1])).await;
    result.unwrap_err();
    let inserted = spans.all_named(&format!("INSERT {table}"));
    assert_eq!(inserted[0].status(), &Status::Unset);
    assert!(inserted[1].has_failed());
    assert_attributes(
        inserted[1],
        [("error.type", Value::from("UniqueViolation"))],
    );
    let exceptions = spans.iter().map(|span| span.exceptions().len());
    assert_eq!(exceptions.sum::<usize>(), 1);
}

/// Sends each statement before the one before it has ended.
#[traced]
async fn many_at_once(connection: &AsyncPgConnection) -> (QueryResult<Vec<Row>>, i32) {
    let same = (1..=3).map(|id| async move {
        let query = sql_query("SELECT $1 AS id").bind::<Integer, _>(id);
        query.get_result::<Row>(&mut &*connection).await
    });
    let impossible = sql_query("SELECT 4 / 0 AS id").load::<Row>(&mut &*connection);
    let slow = sql_query("SELECT 5 AS id FROM pg_sleep(0.02)").get_result::<Row>(&mut &*connection);
    let (same, impossible, slow) = join3(try_join_all(same), impossible, slow).await;
    let sum = same.unwrap().iter().map(|row| row.id).sum::<i32>();
    (impossible, sum + slow.unwrap().id)
}

#[tokio::test]
async fn each_of_many_statements_at_once_ends_with_its_own_result() {
    let (connection, _) = connection().await;
    let ((impossible, sum), spans) = capture_async(many_at_once(&connection)).await;
    assert_eq!((impossible.is_err(), sum), (true, 11));
    assert_eq!(below(&spans, "many_at_once"), ["SELECT"; 5]);
    assert!(!spans.iter().any(is_cancelled), "{}", spans.tree());
    let statements = spans.all_named("SELECT");
    let slow = statements
        .iter()
        .find(|span| text(span).contains("pg_sleep"));
    assert!(slow.unwrap().duration() >= Duration::from_millis(20));
    // Only the statement that divides by zero has failed.
    for span in statements {
        let has_failed = span.has_failed();
        assert_eq!(
            has_failed,
            text(span) == "SELECT ? / ? AS id",
            "{}",
            spans.tree()
        );
    }
}

#[traced]
async fn impatient(connection: &mut AsyncPgConnection) {
    let slow = sql_query("SELECT 1 FROM pg_sleep(0.2)").execute(connection);
    let timeout = tokio::time::timeout(Duration::from_millis(20), slow);
    assert!(timeout.await.is_err());
}

#[tokio::test]
async fn a_dropped_statement_is_cancelled_before_the_next_one_starts() {
    let (mut connection, table) = connection().await;
    let ((), spans) = capture_async(async {
        impatient(&mut connection).await;
        insert(&mut connection, &table, 1).await.unwrap();
    })
    .await;
    let dropped = spans.named("SELECT");
    assert!(is_cancelled(dropped));
    assert_eq!(spans.parent_of(dropped).unwrap().name(), "impatient");
    let next = spans.named(&format!("INSERT {table}"));
    assert!(!is_cancelled(next));
    // The next statement waited until the server had finished the dropped one.
    assert!(next.duration() >= Duration::from_millis(100));
    assert!(dropped.data().end_time <= next.data().start_time + Duration::from_millis(1));
}

#[traced]
async fn patient_after_all(connection: &mut AsyncPgConnection, table: &str) {
    let slow = sql_query("SELECT 1 FROM pg_sleep(0.2)").execute(connection);
    let timeout = tokio::time::timeout(Duration::from_millis(20), slow);
    assert!(timeout.await.is_err());
    for id in 1..=2 {
        insert(connection, table, id).await.unwrap();
    }
}

#[tokio::test]
async fn a_dropped_statement_is_cancelled_before_two_others() {
    let (mut connection, table) = connection().await;
    let ((), spans) = capture_async(patient_after_all(&mut connection, &table)).await;
    let dropped = spans.named("SELECT");
    assert!(is_cancelled(dropped));
    assert!(dropped.duration() < Duration::from_millis(150));
    let inserted = spans.all_named(&format!("INSERT {table}"));
    assert_eq!(inserted.len(), 2);
    assert!(!inserted.into_iter().any(is_cancelled));
}

#[traced]
async fn open(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.unwrap()
}

#[tokio::test]
async fn the_settings_of_a_new_connection_are_spans() {
    let url = address("POSTGRES_URL");
    traced::diesel::install().unwrap();
    let (_connection, spans) = capture_async(open(&url)).await;
    let children = spans.children_of(spans.named("open"));
    let settings = children
        .iter()
        .filter(|span| span.name().starts_with("SET"));
    assert_eq!(settings.count(), 2, "{}", spans.tree());
    assert!(!spans.iter().any(is_cancelled), "{}", spans.tree());
    let refused = "postgres://nobody@127.0.0.1:1/nowhere";
    let (refused, spans) = capture_async(AsyncPgConnection::establish(refused)).await;
    assert!(refused.is_err());
    // diesel-async does not call the hook for attempts that reach no server.
    assert!(spans.is_empty(), "{}", spans.tree());
}
