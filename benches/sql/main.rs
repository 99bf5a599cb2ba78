//! The cost of sqlx spans for a query over a local socket. Run `benches/sql/run`, which starts a
//! server, or `POSTGRES_URL=.. cargo run --release` in this folder.
//!
//! The bare pool and the traced pool alternate in one run, query by query, each with one connection
//! to the same server, so that interruptions affect both. Spans are recorded, queued and exported
//! in batches to an exporter that drops them.

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

const PAIRS: usize = 50_000;

#[derive(Debug)]
struct Null;

impl SpanExporter for Null {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        drop(batch);
        Ok(())
    }
}

/// A query by primary key.
async fn query(database: impl PgExecutor<'_>, id: i32) -> sqlx::Result<i32> {
    let query = sqlx::query_as(QUERY).bind(id);
    let (id, _, _): (i32, String, i32) = query.fetch_one(database).await?;
    Ok(id)
}

macro_rules! time {
    ($pool:expr, $number:expr) => {{
        let id = i32::try_from($number % 100)? + 1;
        let begun = Instant::now();
        let found = query($pool, id).await?;
        let elapsed = begun.elapsed();
        assert_eq!(found, id);
        u64::try_from(elapsed.as_nanos())?
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
    for number in 0..2000 {
        let _: u64 = time!(&bare, number) + time!(&traced, number);
    }
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for number in 0..PAIRS {
        // The pool that goes first alternates.
        if number % 2 == 0 {
            without.push(time!(&bare, number));
            with.push(time!(&traced, number));
        } else {
            with.push(time!(&traced, number));
            without.push(time!(&bare, number));
        }
    }
    let report = telemetry.force_flush();
    without.sort_unstable();
    with.sort_unstable();
    println!("{PAIRS} pairs of queries; {report:?}");
    for percent in [5, 25, 50, 75] {
        let [without, with] = [&without, &with].map(|times| times[PAIRS * percent / 100]);
        let more = with.cast_signed() - without.cast_signed();
        println!(
            "percentile {percent}: bare {without} ns, traced {with} ns, {more:+} ns, {:+.2} %",
            more as f64 / without as f64 * 100.0,
        );
    }
    Ok(())
}
