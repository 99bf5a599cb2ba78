//! What the spans of sqlx cost a query: `benches/sql/run`, which starts a PostgreSQL and measures on its socket, and on a
//! file of SQLite. Or `sql_cost URL..`, with URLs of either.
//!
//! Blocks of a few queries take turns: through a bare pool, through a traced one, in a span that is written by hand with
//! OpenTelemetry's SDK, and through the bare pool once more, which shows how far equal blocks differ in this run. All of
//! them use one connection, because two processes of one server do not take equally long. A block is so short that
//! most are not interrupted, and what lasts longer (a busy machine, a slower clock) falls on all four. Each round
//! gives a ratio of its neighbours, and their median is reported: a block that was interrupted moves it by one place.
//! Spans of the traced pool are recorded, queued and exported over OTLP to a thread that reads the requests and drops
//! them; those by hand are queued by the SDK for an exporter that drops them.
//!
//! `sql_cost --repeat (bare | traced) (key | list | sums | insert) QUERIES URL` sends queries through one pool, for a profiler;
//! `--rounds ROUNDS` before the URLs makes another number of rounds. `--processor NUMBER` before all of them binds the
//! thread that sends queries to a processor, and not the one that exports spans.

mod by_hand;
mod kind;
mod ratios;
mod receiver;

use std::error::Error;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use traced::sqlx::Traced;
use traced::telemetry::{Batch, Otlp, TelemetryBuilder, TelemetryGuard};

use self::by_hand::ByHand;
use self::kind::Kind;
use self::ratios::{Block, Rounds};

const SCHEMA: [&str; 7] = [
    "DROP TABLE IF EXISTS cost_of_orders",
    "DROP TABLE IF EXISTS cost_of_products",
    "DROP TABLE IF EXISTS cost_of_visits",
    "CREATE TABLE cost_of_products (id int PRIMARY KEY, name varchar(100) NOT NULL, price int NOT NULL)",
    "CREATE TABLE cost_of_orders (id int PRIMARY KEY, customer int NOT NULL, product int NOT NULL, \
     quantity int NOT NULL)",
    "CREATE INDEX cost_of_orders_by_customer ON cost_of_orders (customer)",
    "CREATE TABLE cost_of_visits (customer int NOT NULL, page varchar(100) NOT NULL)",
];
const CUSTOMERS: usize = 100;
/// As many as a page of a list has.
const ORDERS_OF_EACH: usize = 20;

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

            const KEY: &str = concat!(
                "SELECT id, customer, quantity FROM cost_of_orders WHERE id = ",
                $parameter,
                " AND quantity > 0",
            );
            const LIST: &str = concat!(
                "SELECT cost_of_orders.id, quantity, name, price FROM cost_of_orders \
                 JOIN cost_of_products ON cost_of_products.id = product WHERE customer = ",
                $parameter,
                " AND quantity > 0 ORDER BY cost_of_orders.id DESC LIMIT 20",
            );
            const SUMS: &str = concat!(
                "SELECT product, SUM(quantity) AS bought FROM cost_of_orders WHERE id >= ",
                $parameter,
                " GROUP BY product ORDER BY bought DESC, product LIMIT 10",
            );
            const INSERT: &str = concat!(
                "INSERT INTO cost_of_visits (customer, page) VALUES (",
                $parameter,
                ", 'orders')",
            );

            async fn query(
                kind: Kind,
                database: impl $executor<'_>,
                number: usize,
            ) -> Result<(), Box<dyn Error>> {
                let customer = i32::try_from(number % CUSTOMERS)?;
                match kind {
                    Kind::Key => {
                        let query = sqlx::query_as(KEY).bind(customer);
                        let (found, _, _): (i32, i32, i32) = query.fetch_one(database).await?;
                        assert_eq!(found, customer);
                    }
                    Kind::List => {
                        let query = sqlx::query_as(LIST).bind(customer);
                        let found: Vec<(i32, i32, String, i32)> = query.fetch_all(database).await?;
                        assert_eq!(found.len(), ORDERS_OF_EACH);
                    }
                    Kind::Sums => {
                        let query = sqlx::query_as(SUMS).bind(customer);
                        let found: Vec<(i32, i64)> = query.fetch_all(database).await?;
                        assert_eq!(found.len(), 10);
                    }
                    Kind::Insert => {
                        let done = sqlx::query(INSERT).bind(customer).execute(database).await?;
                        assert_eq!(done.rows_affected(), 1);
                    }
                }
                Ok(())
            }

            async fn connect(url: &str) -> Result<$pool, Box<dyn Error>> {
                Ok($options::new().max_connections(1).connect(url).await?)
            }

            async fn fill(pool: &$pool) -> Result<(), Box<dyn Error>> {
                let mut filling = pool.begin().await?;
                for statement in SCHEMA {
                    sqlx::raw_sql(statement).execute(&mut *filling).await?;
                }
                let mut insert = async |row: String| {
                    let statement = sqlx::AssertSqlSafe(format!("INSERT INTO {row}"));
                    sqlx::raw_sql(statement).execute(&mut *filling).await
                };
                for customer in 0..CUSTOMERS {
                    insert(format!("cost_of_products VALUES ({customer}, 'product {customer}', 100)")).await?;
                    for turn in 0..ORDERS_OF_EACH {
                        let (id, product) = (turn * CUSTOMERS + customer, (customer + turn) % CUSTOMERS);
                        let row = format!("cost_of_orders VALUES ({id}, {customer}, {product}, 1 + {turn})");
                        insert(row).await?;
                    }
                }
                filling.commit().await?;
                Ok(())
            }

            /// The last connection is on its way back to its pool when its query returns. This does not ask all the time,
            /// as the server needs the processor.
            async fn is_back(pool: &$pool) {
                while pool.num_idle() == 0 {
                    tokio::time::sleep(Duration::from_micros(100)).await;
                }
            }

            /// Nanoseconds of a block, up to the end of its last query.
            async fn block<D>(
                kind: Kind,
                pool: &$pool,
                database: D,
                count: usize,
            ) -> Result<u64, Box<dyn Error>>
            where
                D: for<'e> $executor<'e> + Copy,
            {
                is_back(pool).await;
                let begun = Instant::now();
                for number in 0..count {
                    query(kind, database, number).await?;
                }
                Ok(u64::try_from(begun.elapsed().as_nanos())?)
            }

            /// The same, with each query in a span that is written by hand.
            async fn block_by_hand(
                kind: Kind,
                pool: &$pool,
                hand: &ByHand,
                count: usize,
            ) -> Result<u64, Box<dyn Error>> {
                let text = match kind {
                    Kind::Key => KEY,
                    Kind::List => LIST,
                    Kind::Sums => SUMS,
                    Kind::Insert => INSERT,
                };
                is_back(pool).await;
                let begun = Instant::now();
                for number in 0..count {
                    hand.in_span(kind, text, query(kind, pool, number)).await?;
                }
                Ok(u64::try_from(begun.elapsed().as_nanos())?)
            }

            pub(super) async fn measure(
                url: &str,
                telemetry: &TelemetryGuard,
                count: usize,
            ) -> Result<(), Box<dyn Error>> {
                let bare = connect(url).await?;
                fill(&bare).await?;
                let traced = Traced::new(bare.clone());
                let hand = ByHand::new(stringify!($driver));
                for kind in Kind::ALL {
                    let (count, warm_up) = (kind.rounds(count), kind.rounds(WARM_UP / BLOCK));
                    let mut rounds = Rounds::default();
                    for round in 0..count + warm_up {
                        let mut times = [0; Block::COUNT];
                        // Who goes first changes, and who comes after whom.
                        for turn in Block::order(round) {
                            times[turn as usize] = match turn {
                                Block::Bare => block(kind, &bare, &bare, BLOCK).await?,
                                Block::Traced => block(kind, &bare, &traced, BLOCK).await?,
                                Block::ByHand => block_by_hand(kind, &bare, &hand, BLOCK).await?,
                                Block::BareAgain => block(kind, &bare, &bare, BLOCK).await?,
                            };
                        }
                        if round >= warm_up {
                            rounds.push(times);
                        }
                    }
                    telemetry.force_flush();
                    let (system, title) = (stringify!($driver), kind.title());
                    println!("{system}, {title}, {count} rounds of four blocks of {BLOCK} queries");
                    print!("{}", rounds.report(BLOCK));
                }
                Ok(())
            }

            pub(super) async fn repeat(
                url: &str,
                kind: Kind,
                is_traced: bool,
                count: usize,
            ) -> Result<u64, Box<dyn Error>> {
                let pool = connect(url).await?;
                fill(&pool).await?;
                let traced = Traced::new(pool.clone());
                match is_traced {
                    true => block(kind, &pool, &traced, count).await,
                    false => block(kind, &pool, &pool, count).await,
                }
            }
        }
    )*};
}

drivers! {
    postgres: PgPoolOptions, PgPool, PgExecutor, "$1";
    sqlite: SqlitePoolOptions, SqlitePool, SqliteExecutor, "?";
}

/// Leaves this thread, and those that it starts from now on, on one processor. The exporter's thread, which has started,
/// is not bound to it.
fn bind_to(processor: &str) -> Result<(), Box<dyn Error>> {
    // The first thread of a process has its id, and without `--all-tasks` no other thread is bound.
    let thread = std::process::id().to_string();
    let bound = Command::new("taskset")
        .args(["--cpu-list", "--pid", processor, &thread])
        .stdout(Stdio::null())
        .status()?;
    match bound.success() {
        true => Ok(()),
        false => Err(format!("taskset ended with {bound}").into()),
    }
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
    let mut arguments = Vec::from_iter(std::env::args().skip(1));
    if let [flag, processor, ..] = &arguments[..]
        && flag == "--processor"
    {
        bind_to(processor)?;
        arguments.drain(..2);
    }
    if let [flag, pool, kind, count, url] = &arguments[..]
        && flag == "--repeat"
    {
        let (is_traced, count) = (pool == "traced", count.parse()?);
        let kind = match &kind[..] {
            "list" => Kind::List,
            "sums" => Kind::Sums,
            "insert" => Kind::Insert,
            _ => Kind::Key,
        };
        let elapsed = match url.starts_with("sqlite") {
            true => sqlite::repeat(url, kind, is_traced, count).await?,
            false => postgres::repeat(url, kind, is_traced, count).await?,
        };
        println!("{pool}: {count} queries in {elapsed} ns");
        telemetry.shutdown();
        return Ok(());
    }
    let (count, urls) = match &arguments[..] {
        [flag, count, urls @ ..] if flag == "--rounds" => (count.parse()?, urls),
        urls => (ROUNDS, urls),
    };
    for url in urls {
        match url.starts_with("sqlite") {
            true => sqlite::measure(url, &telemetry, count).await?,
            false => postgres::measure(url, &telemetry, count).await?,
        }
    }
    println!("{}", telemetry.shutdown());
    Ok(())
}
