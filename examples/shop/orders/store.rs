//! The orders in PostgreSQL: one line around the pool gives every statement a span.

use shop::{NewOrder, Placed};
use sqlx::Result;
use sqlx::postgres::{PgExecutor, PgPool};
use traced::sqlx::Traced;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS products (
        name text PRIMARY KEY,
        price bigint NOT NULL,
        stock integer NOT NULL
    );
    CREATE TABLE IF NOT EXISTS orders (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        product text NOT NULL REFERENCES products,
        quantity integer NOT NULL,
        total bigint NOT NULL,
        confirmed boolean NOT NULL DEFAULT false
    );
    INSERT INTO products VALUES
        ('teapot', 2400, 50), ('samovar', 18900, 5), ('piano', 990000, 2), ('vase', 700, 50),
        ('anvil', 5500, 9), ('egg', 30, 600), ('harp', 450000, 3)
    ON CONFLICT DO NOTHING;
";

const RESERVE: &str =
    "UPDATE products SET stock = stock - $2 WHERE name = $1 AND stock >= $2 RETURNING price";
const RECORD: &str =
    "INSERT INTO orders (product, quantity, total) VALUES ($1, $2, $3) RETURNING id";
const CONFIRM: &str = "UPDATE orders SET confirmed = true WHERE id = $1";

#[derive(Clone)]
pub(crate) struct Store {
    pool: Traced<PgPool>,
}

impl Store {
    pub(crate) async fn connect(url: &str) -> Result<Self> {
        let pool = PgPool::connect(url).await?;
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        Ok(Store {
            pool: Traced::new(pool),
        })
    }

    /// Reserves the goods and records the order, or does neither; `None` if there are not enough
    /// goods.
    pub(crate) async fn place(&self, order: &NewOrder) -> Result<Option<Placed>> {
        let mut transaction = self.pool.begin().await?;
        let Some(price) = reserve(&mut *transaction, order).await? else {
            return Ok(None);
        };
        let total = price * i64::from(order.quantity);
        let id = record(&mut *transaction, order, total).await?;
        transaction.commit().await?;
        Ok(Some(Placed { id, total }))
    }

    pub(crate) async fn confirm(&self, id: i64) -> Result<()> {
        sqlx::query(CONFIRM).bind(id).execute(&self.pool).await?;
        Ok(())
    }
}

/// Reserves the goods and returns their price; `None` if there are not enough.
async fn reserve(database: impl PgExecutor<'_>, order: &NewOrder) -> Result<Option<i64>> {
    sqlx::query_scalar(RESERVE)
        .bind(&order.product)
        .bind(i64::from(order.quantity))
        .fetch_optional(database)
        .await
}

/// Records the order and returns its number.
async fn record(database: impl PgExecutor<'_>, order: &NewOrder, total: i64) -> Result<i64> {
    sqlx::query_scalar(RECORD)
        .bind(&order.product)
        .bind(i64::from(order.quantity))
        .bind(total)
        .fetch_one(database)
        .await
}
