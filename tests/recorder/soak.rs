//! Many spans from a few threads into a slow exporter: after the first spans the memory of the
//! process must not grow, and each span must be counted once.
//!
//! ```text
//! cargo run --release -p traced-tests-recorder --bin soak -- [spans] [threads]
//! ```
//!
//! The defaults are 20,000,000 spans and four threads. Memory is compared with that after the first
//! twentieth of the spans. The status is 1 if anything does not hold.

use std::process::ExitCode;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use traced::traced;
use traced_tests_recorder::{Counting, builder, resident_kib};

/// The growth that an allocator may cause by keeping freed memory, in KiB.
const MOST_GROWTH_KIB: u64 = 4 << 10;

#[traced(attributes(order.id = id, user.name = user))]
fn handle(id: u64, user: &str) -> u64 {
    look_up(id)
}

#[traced]
fn look_up(id: u64) -> u64 {
    std::hint::black_box(id)
}

/// A slow exporter: it takes a while for each batch.
#[derive(Debug, Clone, Default)]
struct Slow(Counting);

impl SpanExporter for Slow {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        thread::sleep(Duration::from_micros(500));
        self.0.export(batch).await
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| {
        let argument = arguments.next();
        argument.map_or(default, |argument| argument.parse().expect("a number"))
    };
    let (spans, threads) = (number(20_000_000), number(4));
    let exporter = Slow::default();
    let telemetry = builder()
        .span_exporter(exporter.clone())
        .init()
        .expect("the first time");
    let start = Instant::now();
    let per_thread = spans / threads / 2;
    let first = per_thread / 20;
    let reached = Barrier::new(usize::try_from(threads).expect("few") + 1);
    let early = thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                (0..first).for_each(|id| _ = handle(id, "alice"));
                reached.wait();
                reached.wait();
                (first..per_thread).for_each(|id| _ = handle(id, "alice"));
            });
        }
        reached.wait();
        let early = resident_kib();
        reached.wait();
        early
    });
    let late = resident_kib();
    let took = start.elapsed();
    let report = telemetry.shutdown();
    let ended = 2 * per_thread * threads;
    println!("{report}; {took:?}");
    let is_exact = report.ended == ended
        && report.exported + report.dropped == ended
        && report.exported == exporter.0.spans();
    let (early, late) = (early.unwrap_or(0), late.unwrap_or(0));
    println!("{early} KiB after the first twentieth, {late} KiB at the end");
    match is_exact && late <= early + MOST_GROWTH_KIB {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
