//! What the spans of sqlx cost a query on a local socket:
//! `POSTGRES_URL=.. cargo run --release --example sql_cost`, or `tests/servers/sql_cost`, which starts a server.
//!
//! The bare pool and the traced pool take turns in one run, each with one connection to the same server, so
//! that whatever else the machine does hits both. Spans are recorded, queued and exported in batches, to
//! an exporter that drops them.

use std::env;
use std::error::Error;
use std::time::Instant;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use sqlx::postgres::{PgExecutor, PgPoolOptions};
use traced::sqlx::Traced;
use traced::telemetry::{Batch, TelemetryBuilder};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS cost_of_spans (id int PRIMARY KEY, product text NOT NULL, quantity int NOT NULL);
    INSERT INTO cost_of_spans SELECT id, 'product ' || id, id FROM generate_series(1, 100) id
    ON CONFLICT DO NOTHING;
";
const QUERY: &str =
    "SELECT id, product, quantity FROM cost_of_spans WHERE id = $1 AND quantity > 0";

const ROUNDS: usize = 101;
const QUERIES: i32 = 500;

#[derive(Debug)]
struct Null;

impl SpanExporter for Null {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        drop(batch);
        Ok(())
    }
}

/// One query by its primary key, as most queries of a service are.
async fn query(database: impl PgExecutor<'_>, id: i32) -> sqlx::Result<i32> {
    let query = sqlx::query_as(QUERY).bind(id);
    let (id, _, _): (i32, String, i32) = query.fetch_one(database).await?;
    Ok(id)
}

/// The time of a query, of so many one after the other.
macro_rules! time {
    ($pool:expr) => {{
        let begun = Instant::now();
        for number in 0..QUERIES {
            let id = number % 100 + 1;
            assert_eq!(query($pool, id).await?, id);
        }
        begun.elapsed() / QUERIES.unsigned_abs()
    }};
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::var("POSTGRES_URL")?;
    let batch = Batch::new()
        .max_queue_size(1 << 17)
        .max_queue_bytes(usize::MAX);
    let builder = TelemetryBuilder::default()
        .span_batch(batch)
        .span_exporter(Null);
    let telemetry = builder.init()?;
    let options = PgPoolOptions::new().max_connections(1);
    let bare = options.clone().connect(&url).await?;
    sqlx::raw_sql(SCHEMA).execute(&bare).await?;
    let traced = Traced::new(options.connect(&url).await?);
    for _ in 0..4 {
        let _ = time!(&bare) + time!(&traced);
    }
    let (mut bares, mut traceds, mut differences) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Who goes first changes, and so does whoever gets a cold cache.
        let (without, with) = match round % 2 {
            0 => {
                let without = time!(&bare);
                (without, time!(&traced))
            }
            _ => {
                let with = time!(&traced);
                (time!(&bare), with)
            }
        };
        bares.push(without.as_nanos());
        traceds.push(with.as_nanos());
        differences.push(with.as_secs_f64() / without.as_secs_f64() - 1.0);
        telemetry.force_flush();
    }
    differences.sort_by(f64::total_cmp);
    let quarter = ROUNDS / 4;
    println!(
        "bare {} ns, traced {} ns a query (medians of {ROUNDS} rounds of {QUERIES}); \
         of each round: median {:+.2} %, quartiles {:+.2} % and {:+.2} %",
        median(bares),
        median(traceds),
        differences[ROUNDS / 2] * 100.0,
        differences[quarter] * 100.0,
        differences[ROUNDS - 1 - quarter] * 100.0,
    );
    Ok(())
}

fn median(mut times: Vec<u128>) -> u128 {
    times.sort_unstable();
    times[times.len() / 2]
}
