//! Gives each test a database of its own.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPool;
use traced_servers::{address, unique};

/// Creates a database, runs the statement `create` in it, and returns its address.
pub(super) async fn database(create: &'static str) -> String {
    let server = address("POSTGRES_URL");
    let name = unique("orders");
    let pool = PgPool::connect(&server).await.expect("PostgreSQL answers");
    let database = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    let created = sqlx::query(database).execute(&pool).await;
    created.expect("a database");
    let (server, _) = server.rsplit_once('/').expect("an address with a database");
    let address = format!("{server}/{name}");
    let pool = PgPool::connect(&address).await.expect("the database");
    sqlx::query(create).execute(&pool).await.expect("a table");
    address
}
