//! What the spans of sqlx cost a query: `benches/sql/run`, which starts a PostgreSQL and measures on its socket, and on a
//! file of SQLite. Or `sql_cost URL..`, with URLs of either.
//!
//! The bare pool and the traced pool alternate in one run, query by query, each with one connection
//! to the same server, so that interruptions affect both. Spans are recorded, queued and exported
//! in batches to an exporter that drops them.

use std::error::Error;
use std::time::Instant;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use traced::sqlx::Traced;
use traced::telemetry::{Batch, TelemetryBuilder, TelemetryGuard};

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS cost_of_spans \
                      (id int PRIMARY KEY, product varchar(100) NOT NULL, quantity int NOT NULL)";
const ROWS: usize = 100;

const PAIRS: usize = 50_000;
const WARM_UP: usize = 2_000;

#[derive(Debug)]
struct Null;

impl SpanExporter for Null {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        drop(batch);
        Ok(())
    }
}

/// Nanoseconds of each query, of the bare pool and of the traced one.
#[derive(Default)]
struct Times {
    bare: Vec<u64>,
    traced: Vec<u64>,
}

/// The same for each driver, whose types have no name in common: `measure` in a module of its own.
macro_rules! drivers {
    ($($driver:ident: $options:ident, $executor:ident, $parameter:literal;)*) => {$(
        mod $driver {
            use sqlx::$driver::{$executor, $options};

            use super::*;

            const QUERY: &str = concat!(
                "SELECT id, product, quantity FROM cost_of_spans WHERE id = ",
                $parameter,
                " AND quantity > 0",
            );

            /// One query by its primary key, as most queries of a service are.
            async fn query(database: impl $executor<'_>, id: i32) -> sqlx::Result<i32> {
                let query = sqlx::query_as(QUERY).bind(id);
                let (id, _, _): (i32, String, i32) = query.fetch_one(database).await?;
                Ok(id)
            }

            async fn time(database: impl $executor<'_>, number: usize) -> Result<u64, Box<dyn Error>> {
                let id = i32::try_from(number % ROWS)?;
                let begun = Instant::now();
                let found = query(database, id).await?;
                let elapsed = begun.elapsed();
                assert_eq!(found, id);
                Ok(u64::try_from(elapsed.as_nanos())?)
            }

            pub(super) async fn measure(
                url: &str,
                telemetry: &TelemetryGuard,
            ) -> Result<Times, Box<dyn Error>> {
                let options = $options::new().max_connections(1);
                let bare = options.clone().connect(url).await?;
                sqlx::raw_sql(SCHEMA).execute(&bare).await?;
                sqlx::raw_sql("DELETE FROM cost_of_spans").execute(&bare).await?;
                for id in 0..ROWS {
                    let row = format!("INSERT INTO cost_of_spans VALUES ({id}, 'product {id}', {id} + 1)");
                    sqlx::raw_sql(sqlx::AssertSqlSafe(row)).execute(&bare).await?;
                }
                let traced = Traced::new(options.connect(url).await?);
                for number in 0..WARM_UP {
                    let _: u64 = time(&bare, number).await? + time(&traced, number).await?;
                }
                let mut times = Times::default();
                for number in 0..PAIRS {
                    // Who goes first changes.
                    if number % 2 == 0 {
                        times.bare.push(time(&bare, number).await?);
                        times.traced.push(time(&traced, number).await?);
                    } else {
                        times.traced.push(time(&traced, number).await?);
                        times.bare.push(time(&bare, number).await?);
                    }
                }
                telemetry.force_flush();
                Ok(times)
            }
        }
    )*};
}

drivers! {
    postgres: PgPoolOptions, PgExecutor, "$1";
    sqlite: SqlitePoolOptions, SqliteExecutor, "?";
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let batch = Batch::new()
        .max_queue_size(1 << 17)
        .max_queue_bytes(usize::MAX);
    let builder = TelemetryBuilder::default()
        .span_batch(batch)
        .span_exporter(Null);
    let telemetry = builder.init()?;
    for url in std::env::args().skip(1) {
        let (system, _) = url.split_once(':').ok_or("expected URLs")?;
        let times = match system {
            "sqlite" => sqlite::measure(&url, &telemetry).await?,
            _ => postgres::measure(&url, &telemetry).await?,
        };
        print(system, times);
    }
    println!("{}", telemetry.shutdown());
    Ok(())
}

fn print(system: &str, mut times: Times) {
    println!("{system}, {PAIRS} pairs of queries");
    times.bare.sort_unstable();
    times.traced.sort_unstable();
    for percent in [5, 25, 50, 75] {
        let [bare, traced] = [&times.bare, &times.traced].map(|times| times[PAIRS * percent / 100]);
        let more = traced.cast_signed() - bare.cast_signed();
        println!(
            "percentile {percent}: bare {bare} ns, traced {traced} ns, {more:+} ns, {:+.2} %",
            more as f64 / bare as f64 * 100.0,
        );
    }
}
