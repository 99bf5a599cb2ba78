//! sqlx on `MariaDB`: `traced::sqlx::Traced` around the pool gives each statement a span.

use opentelemetry::Value;
use opentelemetry::trace::Status;
use sqlx::mysql::{MySqlExecutor, MySqlPool, MySqlPoolOptions};
use traced::sqlx::Traced;
use traced::testing::capture_async;
use traced::traced;
use traced_servers::address;

async fn database(table: &str) -> Traced<MySqlPool> {
    let pool = MySqlPoolOptions::new().max_connections(2);
    let pool = pool.connect(&address("MARIADB_URL")).await.unwrap();
    let create = format!("CREATE OR REPLACE TABLE {table} (id BIGINT PRIMARY KEY, name TEXT)");
    sqlx::raw_sql(sqlx::AssertSqlSafe(create))
        .execute(&pool)
        .await
        .unwrap();
    Traced::new(pool).system_name("mariadb")
}

async fn insert(database: impl MySqlExecutor<'_>, id: i64) -> sqlx::Result<()> {
    let query = r#"INSERT INTO goods (id, name) VALUES (?, "it\"s 'secret'") # of Ann"#;
    sqlx::query(query).bind(id).execute(database).await?;
    Ok(())
}

#[traced]
async fn stock(pool: &Traced<MySqlPool>, ids: &[i64]) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    for id in ids {
        insert(&mut *transaction, *id).await?;
    }
    transaction.commit().await
}

#[tokio::test]
async fn statements_are_spans_with_rows_codes_and_the_server() {
    let pool = database("goods").await;
    let (result, spans) = capture_async(async {
        stock(&pool, &[1, 2]).await.unwrap();
        let rows = sqlx::query("SELECT `id` FROM `goods` WHERE `id` < 100")
            .fetch_all(&pool)
            .await;
        assert_eq!(rows.unwrap().len(), 2);
        stock(&pool, &[1]).await
    })
    .await;
    result.unwrap_err();
    let [first, second, failed] = spans.find().name("INSERT goods").exactly();
    for span in [first, second, failed] {
        assert_eq!(span.text("db.system.name"), "mariadb");
        assert_eq!(span.text("db.namespace"), "test");
        assert_eq!(span.text("server.address"), "127.0.0.1");
        assert!(matches!(
            span.attribute("server.port"),
            Some(Value::I64(1025..))
        ));
        assert_eq!(
            span.text("db.query.text"),
            "INSERT INTO goods (id, name) VALUES (?, ?)"
        );
    }
    assert_eq!(first.status(), &Status::Unset);
    assert!(failed.has_failed());
    assert_eq!(failed.text("db.response.status_code"), "23000");
    let select = spans.named("SELECT `goods`");
    assert_eq!(select.text("db.response.returned_rows"), "2");
    assert_eq!(
        select.text("db.query.text"),
        "SELECT `id` FROM `goods` WHERE `id` < ?"
    );
    assert_eq!(spans.all_named("COMMIT").len(), 1);
}
