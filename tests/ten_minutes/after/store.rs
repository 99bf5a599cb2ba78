use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;
use traced::sqlx::Traced;

#[derive(Clone)]
pub(crate) struct Store {
    pool: Traced<SqlitePool>,
}

#[derive(sqlx::FromRow, serde::Serialize)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) product: String,
}

impl Store {
    pub(crate) async fn open(url: &str) -> Result<Self, sqlx::Error> {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect(url)
            .await?;
        let pool = Traced::new(pool);
        sqlx::query("CREATE TABLE orders (id INTEGER PRIMARY KEY, product TEXT NOT NULL CHECK (product <> ''))")
            .execute(&pool)
            .await?;
        Ok(Self { pool })
    }

    pub(crate) async fn insert(&self, product: &str) -> Result<i64, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let done = sqlx::query("INSERT INTO orders (product) VALUES (?1)")
            .bind(product)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.last_insert_rowid())
    }

    pub(crate) async fn find(&self, id: i64) -> Result<Option<Order>, sqlx::Error> {
        sqlx::query_as("SELECT id, product FROM orders WHERE id = ?1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
    }
}
