//! The database, in memory: one line around the pool gives every statement a span.

use sqlx::Result;
use sqlx::sqlite::{SqliteExecutor, SqlitePool, SqlitePoolOptions};
use thiserror::Error;
use traced::sqlx::Traced;
use traced::traced;

const SCHEMA: &str = "
    CREATE TABLE products (
        name TEXT PRIMARY KEY,
        price INTEGER NOT NULL,
        stock INTEGER NOT NULL CHECK (stock >= 0)
    );
    CREATE TABLE orders (
        id INTEGER PRIMARY KEY,
        product TEXT NOT NULL REFERENCES products,
        quantity INTEGER NOT NULL,
        total INTEGER NOT NULL
    );
    INSERT INTO products VALUES ('teapot', 2400, 12), ('samovar', 18900, 2);
";

const RESERVE: &str = "UPDATE products SET stock = stock - ?2 WHERE name = ?1 RETURNING price";
const RECORD: &str =
    "INSERT INTO orders (product, quantity, total) VALUES (?1, ?2, ?3) RETURNING id";
const SALES: &str = "SELECT COUNT(*), COALESCE(SUM(total), 0) FROM orders WHERE product = ?1";

/// The reason why a database operation fails.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    #[error("cannot reserve {quantity} of `{product}`")]
    Reserve {
        product: String,
        quantity: u32,
        source: sqlx::Error,
    },
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// The pool of connections that requests share.
#[derive(Clone)]
pub(crate) struct Store {
    pool: Traced<SqlitePool>,
}

impl Store {
    pub(crate) async fn in_memory() -> Result<Self> {
        // In memory, each connection would have its own database.
        let options = SqlitePoolOptions::new().max_connections(1);
        let pool = options.connect("sqlite::memory:").await?;
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        Ok(Store {
            pool: Traced::new(pool),
        })
    }

    /// Reserves the goods and records the order, or does neither; returns the order's number and
    /// price.
    #[traced]
    pub(crate) async fn place(
        &self,
        product: &str,
        quantity: u32,
    ) -> Result<(i64, i64), StoreError> {
        let mut transaction = self.pool.begin().await?;
        let reserved = reserve(&mut *transaction, product, quantity).await;
        let price = reserved.map_err(|source| StoreError::Reserve {
            product: product.to_owned(),
            quantity,
            source,
        })?;
        let total = price * i64::from(quantity);
        let id = record(&mut *transaction, product, quantity, total).await?;
        transaction.commit().await?;
        Ok((id, total))
    }

    /// The number of orders of a product, and their total price.
    pub(crate) async fn sales(&self, product: &str) -> Result<(i64, i64), StoreError> {
        let sales = sqlx::query_as(SALES).bind(product);
        Ok(sales.fetch_one(&self.pool).await?)
    }
}

async fn reserve(database: impl SqliteExecutor<'_>, product: &str, quantity: u32) -> Result<i64> {
    let price = sqlx::query_scalar(RESERVE).bind(product).bind(quantity);
    price.fetch_one(database).await
}

async fn record(
    database: impl SqliteExecutor<'_>,
    product: &str,
    quantity: u32,
    total: i64,
) -> Result<i64> {
    let id = sqlx::query_scalar(RECORD)
        .bind(product)
        .bind(quantity)
        .bind(total);
    id.fetch_one(database).await
}
