//! The database, in memory: every query is a span of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Result};
use thiserror::Error;
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

/// Why the database did not do what it was asked.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    #[error("cannot reserve {quantity} of `{product}`")]
    Reserve {
        product: String,
        quantity: u32,
        source: rusqlite::Error,
    },
    #[error("the database failed")]
    Database(#[from] rusqlite::Error),
}

/// A connection that every request shares.
#[derive(Clone)]
pub(crate) struct Store {
    connection: Arc<Mutex<Connection>>,
}

impl Store {
    pub(crate) fn in_memory() -> Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(SCHEMA)?;
        Ok(Store {
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// Reserves the goods and records the order, or does neither; its number and its price.
    #[traced]
    pub(crate) fn place(&self, product: &str, quantity: u32) -> Result<(i64, i64), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let price =
            reserve(&transaction, product, quantity).map_err(|source| StoreError::Reserve {
                product: product.to_owned(),
                quantity,
                source,
            })?;
        let total = price * i64::from(quantity);
        let id = record(&transaction, product, quantity, total)?;
        transaction.commit()?;
        Ok((id, total))
    }

    /// How many orders there are of a product, and what they came to.
    #[traced(name = "SELECT orders", kind = "client", attributes(
        db.system.name = "sqlite",
        db.operation.name = "SELECT",
        db.collection.name = "orders",
        db.query.text = SALES,
    ))]
    pub(crate) fn sales(&self, product: &str) -> Result<(i64, i64), StoreError> {
        let sales = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        Ok(self.lock().query_row(SALES, [product], sales)?)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // Who panicked in the middle of a transaction has rolled it back.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[traced(name = "UPDATE products", kind = "client", attributes(
    db.system.name = "sqlite",
    db.operation.name = "UPDATE",
    db.collection.name = "products",
    db.query.text = RESERVE,
))]
fn reserve(connection: &Connection, product: &str, quantity: u32) -> Result<i64> {
    connection.query_row(RESERVE, (product, quantity), |row| row.get(0))
}

#[traced(name = "INSERT orders", kind = "client", attributes(
    db.system.name = "sqlite",
    db.operation.name = "INSERT",
    db.collection.name = "orders",
    db.query.text = RECORD,
))]
fn record(connection: &Connection, product: &str, quantity: u32, total: i64) -> Result<i64> {
    connection.query_row(RECORD, (product, quantity, total), |row| row.get(0))
}
