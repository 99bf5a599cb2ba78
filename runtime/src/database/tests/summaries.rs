//! What are the span's name, the operation and the table of a statement?

use super::read;
use crate::database::server::System;

#[test]
fn summaries_have_operations_and_targets_in_their_order() {
    let cases = [
        (
            "SELECT * FROM wuser_table WHERE username = ?",
            "SELECT wuser_table",
        ),
        ("select id from Users", "select Users"),
        (
            "INSERT INTO shipping_details (order_id, address) SELECT order_id, address FROM orders WHERE order_id = 1",
            "INSERT shipping_details SELECT orders",
        ),
        (
            "SELECT * FROM songs, artists WHERE songs.artist_id = artists.id",
            "SELECT songs artists",
        ),
        (
            "SELECT * FROM \"song list\" JOIN artists a ON a.id = 1",
            "SELECT \"song list\" artists",
        ),
        (
            "SELECT d FROM (SELECT * FROM orders o JOIN customers c ON o.c = c.id) x",
            "SELECT SELECT orders customers",
        ),
        ("SELECT * FROM (a JOIN b ON a.x = b.x), c", "SELECT a b c"),
        (
            "SELECT * FROM public.users u LEFT JOIN LATERAL (SELECT 1) y ON true",
            "SELECT public.users SELECT",
        ),
        (
            "UPDATE products SET stock = stock - $2 WHERE name = $1 RETURNING price",
            "UPDATE products",
        ),
        (
            "UPDATE ONLY t SET a = 1, b = (SELECT max(x) FROM s)",
            "UPDATE t SELECT s",
        ),
        (
            "UPDATE OR IGNORE t SET a = 1 FROM u WHERE t.id = u.id",
            "UPDATE t u",
        ),
        (
            "DELETE FROM orders USING x WHERE orders.id = x.id",
            "DELETE orders x",
        ),
        (
            "INSERT INTO t (a, b) VALUES (1, 2), (3, 4) ON CONFLICT (a) DO UPDATE SET b = 1",
            "INSERT t",
        ),
        (
            "INSERT IGNORE INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = a + 1",
            "INSERT t",
        ),
        ("REPLACE INTO t VALUES (1)", "REPLACE t"),
        (
            "SELECT EXTRACT(YEAR FROM day), trim(both 'x' from y) FROM t WHERE a IS DISTINCT FROM b",
            "SELECT t",
        ),
        (
            "SELECT count(id), replace(name, 'a', 'b'), coalesce(update, 1) FROM t",
            "SELECT t",
        ),
        ("SELECT * FROM generate_series(1, 10) g, t", "SELECT t"),
        (
            "SELECT 1 UNION ALL SELECT a FROM t ORDER BY 1, 2",
            "SELECT SELECT t",
        ),
        ("SELECT a, b FROM t ORDER BY a, b LIMIT 1, 2", "SELECT t"),
        (
            "SELECT id FROM jobs WHERE done = false FOR UPDATE SKIP LOCKED",
            "SELECT jobs",
        ),
        (
            "WITH recent AS (SELECT * FROM orders), r2 (a, b) AS MATERIALIZED (SELECT 1, 2) SELECT * FROM recent, r2, users",
            "SELECT orders SELECT SELECT users",
        ),
        (
            "WITH RECURSIVE t AS (SELECT 1) DELETE FROM users WHERE id IN (SELECT * FROM t)",
            "SELECT DELETE users SELECT",
        ),
        (
            "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT)",
            "CREATE TABLE users",
        ),
        (
            "CREATE UNIQUE INDEX CONCURRENTLY i ON users (name)",
            "CREATE INDEX i",
        ),
        (
            "CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT * FROM t",
            "CREATE MATERIALIZED VIEW v SELECT t",
        ),
        ("DROP TABLE users", "DROP TABLE users"),
        ("TRUNCATE TABLE users", "TRUNCATE TABLE users"),
        ("CALL ship($1, 2)", "CALL ship"),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN"),
        ("SET search_path = x", "SET"),
        ("PRAGMA foreign_keys = ON", "PRAGMA"),
        ("EXPLAIN ANALYZE SELECT * FROM t", "EXPLAIN SELECT t"),
        (
            "CREATE TABLE a (x INT); INSERT INTO a VALUES (1); SELECT * FROM b",
            "CREATE TABLE a INSERT a SELECT b",
        ),
        ("(SELECT 1)", "SELECT"),
        ("", ""),
        ("  -- nothing", ""),
        ("'secret'", ""),
    ];
    for (statement, summary) in cases {
        for system in [System::PostgreSql, System::Sqlite, System::Other] {
            assert_eq!(
                read(statement, system).summary,
                summary,
                "{system:?}: {statement}"
            );
        }
    }
}

#[test]
fn a_long_summary_ends_between_two_names() {
    let tables: Vec<String> = (0..100).map(|table| format!("table_{table}")).collect();
    let recorded = read(
        &format!("SELECT * FROM {}", tables.join(", ")),
        System::PostgreSql,
    );
    assert!((240..=255).contains(&recorded.summary.len()));
    let last = recorded.summary.rsplit(' ').next().unwrap();
    assert!(tables.iter().any(|table| table == last), "{last}");
    let enormous = read(
        &format!("SELECT * FROM {}", "t".repeat(300)),
        System::PostgreSql,
    );
    assert_eq!(enormous.summary, "SELECT");
}

#[test]
fn operation_and_table_are_named_where_there_is_one() {
    let of = |statement| {
        let recorded = read(statement, System::PostgreSql);
        (recorded.operation, recorded.collection, recorded.procedure)
    };
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(of("SELECT * FROM t"), (some("SELECT"), some("t"), None));
    assert_eq!(
        of("SELECT * FROM t JOIN t u ON true"),
        (some("SELECT"), some("t"), None)
    );
    assert_eq!(
        of("SELECT * FROM t JOIN u ON true"),
        (some("SELECT"), None, None)
    );
    assert_eq!(of("INSERT INTO t SELECT * FROM u"), (None, None, None));
    assert_eq!(of("CALL ship()"), (some("CALL"), None, some("ship")));
}
