//! A database of its own for each test.

use std::time::Duration;

use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use traced::sqlx::Traced;

const SCHEMA: &str = "
    CREATE TABLE orders (id INTEGER PRIMARY KEY, product TEXT NOT NULL CHECK (product <> ''));
    INSERT INTO orders VALUES (1, 'teapot'), (2, 'samovar'), (3, 'teapot');
";

/// A threshold for tests that count spans: on a machine that is busy a statement may wait for its connection long
/// enough to have a span of that.
pub(crate) const NO_WAIT: Duration = Duration::from_secs(3600);

/// A database with three orders and a pool. It is in a file, as each connection to memory has its
/// own database.
pub(crate) async fn bare(connections: u32) -> SqlitePool {
    let options = SqlitePoolOptions::new().max_connections(connections);
    let pool = options.connect("sqlite::memory:").await.unwrap();
    sqlx::raw_sql(SCHEMA).execute(&pool).await.unwrap();
    pool
}

pub(crate) async fn database() -> Traced<SqlitePool> {
    Traced::new(bare(1).await).wait_threshold(NO_WAIT)
}
