//! A database of its own for each test.

use std::time::Duration;

use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use traced::sqlx::Traced;
use traced::testing::{Span, Spans};

const SCHEMA: &str = "
    CREATE TABLE orders (id INTEGER PRIMARY KEY, product TEXT NOT NULL CHECK (product <> ''));
    INSERT INTO orders VALUES (1, 'teapot'), (2, 'samovar'), (3, 'teapot');
";

/// A database with three orders and a pool. It is in a file, as each connection to memory has its
/// own database.
pub(crate) async fn bare(connections: u32) -> SqlitePool {
    let options = SqlitePoolOptions::new().max_connections(connections);
    let pool = options.connect("sqlite::memory:").await.unwrap();
    sqlx::raw_sql(SCHEMA).execute(&pool).await.unwrap();
    pool
}

pub(crate) async fn database() -> Traced<SqlitePool> {
    // On a machine that is busy a statement may wait for its connection long enough to have a span of that.
    Traced::new(bare(1).await).wait_threshold(Duration::from_secs(3600))
}

/// The attribute as text; empty if it is not set.
pub(crate) fn text(span: &Span, key: &str) -> String {
    span.attribute(key)
        .map(|value| value.to_string())
        .unwrap_or_default()
}

/// The names of the spans as an indented tree.
pub(crate) fn outline(spans: &Spans) -> String {
    let mut text = String::new();
    let is_root = |span: &&Span| !spans.iter().any(|other| span.is_child_of(other));
    for root in spans.iter().filter(is_root) {
        add(spans, root, 0, &mut text);
    }
    text
}

fn add(spans: &Spans, span: &Span, depth: usize, text: &mut String) {
    text.push_str(&format!("{:1$}{2}\n", "", depth * 2, span.name()));
    for child in spans.iter().filter(|child| child.is_child_of(span)) {
        add(spans, child, depth + 1, text);
    }
}
