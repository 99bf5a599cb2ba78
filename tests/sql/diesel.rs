//! Statements of diesel in spans, through its own instrumentation hook.

use ::diesel::prelude::*;
use ::diesel::sql_query;
use opentelemetry::trace::{SpanKind, Status};
use traced::diesel::DieselTracing;
use traced::testing::{assert_tree, capture};
use traced::traced;

::diesel::table! {
    orders (id) {
        id -> Integer,
        product -> Text,
    }
}

const SCHEMA: &str = "CREATE TABLE orders (id INTEGER PRIMARY KEY, product TEXT NOT NULL UNIQUE)";

fn connection() -> SqliteConnection {
    let mut connection = SqliteConnection::establish(":memory:").unwrap();
    sql_query(SCHEMA).execute(&mut connection).unwrap();
    connection.set_instrumentation(DieselTracing::new(":memory:"));
    connection
}

#[traced]
fn place(connection: &mut SqliteConnection, products: &[&str]) -> QueryResult<()> {
    connection.transaction(|connection| {
        for product in products {
            ::diesel::insert_into(orders::table)
                .values(orders::product.eq(product))
                .execute(connection)?;
        }
        Ok(())
    })
}

#[test]
fn a_statement_is_a_span_without_its_values() {
    let mut connection = connection();
    let (result, spans) = capture(|| {
        place(&mut connection, &["secret"])?;
        orders::table
            .filter(orders::product.eq("secret"))
            .select(orders::id)
            .load::<i32>(&mut connection)
    });
    assert_eq!(result.unwrap(), [1]);
    assert_tree!(
        spans,
        "
        place
          BEGIN
          INSERT `orders`
          COMMIT
        SELECT `orders`
        "
    );
    let span = spans.named("SELECT `orders`");
    assert_eq!(
        (span.kind(), span.status()),
        (&SpanKind::Client, &Status::Unset)
    );
    for (key, value) in [
        ("db.system.name", "sqlite"),
        ("db.namespace", ":memory:"),
        ("db.operation.name", "SELECT"),
        ("db.collection.name", "`orders`"),
        (
            "db.query.text",
            "SELECT `orders`.`id` FROM `orders` WHERE (`orders`.`product` = ?)",
        ),
    ] {
        assert_eq!(span.text(key), value, "{key}");
    }
    for span in spans.iter() {
        assert!(
            !format!("{:?}", span.data()).contains("secret"),
            "{:?}",
            span.data()
        );
    }
}

#[test]
fn an_error_fails_its_statement_once() {
    let mut connection = connection();
    let (result, spans) = capture(|| place(&mut connection, &["cup", "cup"]));
    assert!(result.is_err());
    assert_tree!(
        spans,
        "
        place
          BEGIN
          INSERT `orders`
          INSERT `orders`
          ROLLBACK
        "
    );
    let inserted = spans.all_named("INSERT `orders`");
    let failed = inserted
        .into_iter()
        .find(|span| span.status() != &Status::Unset)
        .unwrap();
    assert_eq!(failed.text("error.type"), "UniqueViolation");
    assert_eq!(
        (
            failed.exceptions().len(),
            spans.named("place").exceptions().len()
        ),
        (1, 0)
    );
}

#[test]
fn installed_it_is_in_every_connection_that_is_established_later() {
    let other = capture(|| {
        let mut before = SqliteConnection::establish(":memory:").unwrap();
        traced::diesel::install().unwrap();
        sql_query("SELECT 1").execute(&mut before).unwrap();
        let mut after = SqliteConnection::establish(":memory:").unwrap();
        sql_query("SELECT 'Ann'").execute(&mut after).unwrap();
        // No database can be created at this path.
        SqliteConnection::establish("/nowhere/at/all.db")
            .err()
            .unwrap();
    });
    let ((), spans) = other;
    let texts: Vec<String> = spans
        .iter()
        .map(|span| span.text("db.query.text"))
        .collect();
    assert_eq!(
        texts.iter().filter(|text| *text == "SELECT ?").count(),
        1,
        "{texts:?}"
    );
    assert!(!texts.iter().any(|text| text.contains("Ann")));
    let failed = spans.named("connect");
    assert!(failed.has_failed());
    assert_eq!(failed.text("db.namespace"), "/nowhere/at/all.db");
}

#[test]
fn a_value_that_looks_like_the_comment_of_the_values_is_masked() {
    let mut connection = connection();
    let (_, spans) = capture(|| {
        sql_query("SELECT ' -- binds: [secret]', 1")
            .execute(&mut connection)
            .unwrap();
    });
    assert_eq!(spans.named("SELECT").text("db.query.text"), "SELECT ?");
}
