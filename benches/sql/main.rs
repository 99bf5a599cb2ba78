//! What the spans of sqlx cost a query: `benches/sql/run`, which starts a PostgreSQL and measures on its socket, and on a
//! file of SQLite. Or `sql_cost URL..`, with URLs of either.
//!
//! Three pools, each with one connection to the same server, take turns in blocks of a few queries: a bare pool, a
//! traced one, and a second bare one, which shows how far two equal pools differ in this run. A block is so short that
//! most are not interrupted, and what lasts longer (a busy machine, a slower clock) falls on all three. Each round
//! gives a ratio of its neighbours, and their median is reported: a block that was interrupted moves it by one place.
//! Spans are recorded, queued and exported over OTLP to a thread that reads the requests and drops them.
//!
//! `sql_cost --repeat (bare | traced) QUERIES URL` sends queries through one pool, for a profiler; `--rounds ROUNDS` before
//! the URLs makes another number of rounds.

mod ratios;
mod receiver;

use std::error::Error;
use std::time::Instant;

use traced::sqlx::Traced;
use traced::telemetry::{Batch, Otlp, TelemetryBuilder, TelemetryGuard};

use self::ratios::{Block, Rounds};

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS cost_of_spans \
                      (id int PRIMARY KEY, product varchar(100) NOT NULL, quantity int NOT NULL)";
const ROWS: usize = 100;

/// Queries of a block: some hundred microseconds.
const BLOCK: usize = 10;
const ROUNDS: usize = 6_000;
const WARM_UP: usize = 2_000;

/// The same for each driver, whose types have no name in common: a module of its own.
macro_rules! drivers {
    ($($driver:ident: $options:ident, $pool:ident, $executor:ident, $parameter:literal;)*) => {$(
        mod $driver {
            use sqlx::$driver::{$executor, $options};
            use sqlx::$pool;

            use super::*;

            const QUERY: &str = concat!(
                "SELECT id, product, quantity FROM cost_of_spans WHERE id = ",
                $parameter,
                " AND quantity > 0",
            );

            /// One query by its primary key, as most queries of a service are.
            async fn query(database: impl $executor<'_>, number: usize) -> Result<(), Box<dyn Error>> {
                let id = i32::try_from(number % ROWS)?;
                let query = sqlx::query_as(QUERY).bind(id);
                let (found, _, _): (i32, String, i32) = query.fetch_one(database).await?;
                assert_eq!(found, id);
                Ok(())
            }

            async fn connect(url: &str) -> Result<$pool, Box<dyn Error>> {
                Ok($options::new().max_connections(1).connect(url).await?)
            }

            async fn fill(pool: &$pool) -> Result<(), Box<dyn Error>> {
                sqlx::raw_sql(SCHEMA).execute(pool).await?;
                sqlx::raw_sql("DELETE FROM cost_of_spans").execute(pool).await?;
                for id in 0..ROWS {
                    let row = format!("INSERT INTO cost_of_spans VALUES ({id}, 'product {id}', {id} + 1)");
                    sqlx::raw_sql(sqlx::AssertSqlSafe(row)).execute(pool).await?;
                }
                Ok(())
            }

            /// The last connection is on its way back to its pool when its query returns.
            async fn is_back(pool: &$pool) {
                while pool.num_idle() == 0 {
                    tokio::task::yield_now().await;
                }
            }

            /// Nanoseconds of a block, of which each query is over.
            async fn block<D>(pool: &$pool, database: D, count: usize) -> Result<u64, Box<dyn Error>>
            where
                D: for<'e> $executor<'e> + Copy,
            {
                is_back(pool).await;
                let begun = Instant::now();
                for number in 0..count {
                    query(database, number).await?;
                }
                is_back(pool).await;
                Ok(u64::try_from(begun.elapsed().as_nanos())?)
            }

            pub(super) async fn measure(
                url: &str,
                telemetry: &TelemetryGuard,
                count: usize,
            ) -> Result<Rounds, Box<dyn Error>> {
                let bare = connect(url).await?;
                fill(&bare).await?;
                let control = connect(url).await?;
                let traced = Traced::new(connect(url).await?);
                let mut rounds = Rounds::default();
                for round in 0..count + WARM_UP / BLOCK {
                    let mut times = [0; 3];
                    // Who goes first changes, and who comes after whom.
                    for turn in Block::order(round) {
                        times[turn as usize] = match turn {
                            Block::Bare => block(&bare, &bare, BLOCK).await?,
                            Block::Control => block(&control, &control, BLOCK).await?,
                            Block::Traced => block(traced.get_ref(), &traced, BLOCK).await?,
                        };
                    }
                    if round >= WARM_UP / BLOCK {
                        rounds.push(times);
                    }
                }
                telemetry.force_flush();
                Ok(rounds)
            }

            pub(super) async fn repeat(
                url: &str,
                is_traced: bool,
                count: usize,
            ) -> Result<u64, Box<dyn Error>> {
                let pool = connect(url).await?;
                fill(&pool).await?;
                let traced = Traced::new(pool.clone());
                match is_traced {
                    true => block(&pool, &traced, count).await,
                    false => block(&pool, &pool, count).await,
                }
            }
        }
    )*};
}

drivers! {
    postgres: PgPoolOptions, PgPool, PgExecutor, "$1";
    sqlite: SqlitePoolOptions, SqlitePool, SqliteExecutor, "?";
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let otlp = Otlp::new().endpoint(receiver::start()?);
    // On a busy machine the thread that exports may have to wait for its turn; no span is to be dropped meanwhile.
    let batch = Batch::new()
        .max_queue_size(1 << 17)
        .max_queue_bytes(usize::MAX);
    let builder = TelemetryBuilder::default().otlp(otlp).span_batch(batch);
    let telemetry = builder.init()?;
    let arguments = Vec::from_iter(std::env::args().skip(1));
    if let [flag, pool, count, url] = &arguments[..] {
        if flag == "--repeat" {
            let (is_traced, count) = (pool == "traced", count.parse()?);
            let elapsed = match url.starts_with("sqlite") {
                true => sqlite::repeat(url, is_traced, count).await?,
                false => postgres::repeat(url, is_traced, count).await?,
            };
            println!("{pool}: {count} queries in {elapsed} ns");
            telemetry.shutdown();
            return Ok(());
        }
    }
    let (count, urls) = match &arguments[..] {
        [flag, count, urls @ ..] if flag == "--rounds" => (count.parse()?, urls),
        urls => (ROUNDS, urls),
    };
    for url in urls {
        let (system, _) = url.split_once(':').ok_or("expected URLs")?;
        let rounds = match system {
            "sqlite" => sqlite::measure(url, &telemetry, count).await?,
            _ => postgres::measure(url, &telemetry, count).await?,
        };
        println!("{system}, {count} rounds of three blocks of {BLOCK} queries");
        print!("{}", rounds.report(BLOCK));
    }
    println!("{}", telemetry.shutdown());
    Ok(())
}
