//! A program that logs: its annotated function logs once with `tracing` and once with `log`, then
//! `tracing` logs as many records outside any span as the argument says.

use std::time::Duration;

use traced::telemetry::TelemetryBuilder;
use traced::traced;

fn main() {
    let count = std::env::args()
        .nth(1)
        .map_or(1, |count| count.parse().unwrap());
    let telemetry = TelemetryBuilder::default()
        .service_name("shop")
        .shutdown_deadline(Duration::from_secs(1));
    let telemetry = telemetry.init().unwrap();
    pay();
    for number in 0..count {
        tracing::warn!(number, "outside any span");
    }
    let report = telemetry.shutdown();
    let rows = report.exporters.iter();
    for row in rows.filter(|row| row.signal == "log records") {
        let (ended, exported, dropped) = (row.ended, row.exported, row.dropped);
        let (failed, pending) = (row.failed, row.pending);
        println!("report {ended} {exported} {dropped} {failed} {pending} 0");
    }
}

#[traced]
fn pay() {
    println!("trace {}", traced::current().trace_id());
    println!("span {}", traced::current().span_id());
    tracing::info!(order = 7, "paid by tracing");
    log::error!(target: "shop::till", "paid by log");
}
