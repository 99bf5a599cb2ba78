//! Parcels, the audit and dead letters in PostgreSQL.

use shop::OrderPlaced;
use sqlx::Result;
use sqlx::postgres::PgPool;
use traced::sqlx::Traced;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS parcels (
        id bigint PRIMARY KEY,
        product text NOT NULL,
        quantity integer NOT NULL
    );
    CREATE TABLE IF NOT EXISTS audit (id bigint NOT NULL, message text NOT NULL);
    CREATE TABLE IF NOT EXISTS dead_letters (message bytea NOT NULL);
";

// A message may be delivered more than once; the parcel is shipped once.
const SHIP: &str =
    "INSERT INTO parcels (id, product, quantity) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const AUDIT: &str =
    "INSERT INTO audit (id, message) SELECT * FROM unnest($1::bigint[], $2::text[])";
const BURY: &str = "INSERT INTO dead_letters (message) VALUES ($1)";

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

    pub(crate) async fn ship(&self, placed: &OrderPlaced) -> Result<()> {
        sqlx::query(SHIP)
            .bind(placed.id)
            .bind(&placed.order.product)
            .bind(i64::from(placed.order.quantity))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(crate) async fn audit(&self, ids: &[i64], messages: &[String]) -> Result<()> {
        sqlx::query(AUDIT)
            .bind(ids)
            .bind(messages)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(crate) async fn bury(&self, message: &[u8]) -> Result<()> {
        sqlx::query(BURY).bind(message).execute(&self.pool).await?;
        Ok(())
    }
}
