//! The programs of these tests: each starts telemetry, ends spans and prints its report, in a
//! process of its own. The tests start them by name and compare the report with what the receiver
//! got. `OTEL_*` variables say where the spans go.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};
use traced::telemetry::{Batch, Otlp, Report, TelemetryBuilder, TelemetryGuard};
use traced::traced;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map_or("", String::as_str);
    let number = |index: usize| -> u64 {
        let argument = arguments.get(index).map(|argument| argument.parse());
        argument.and_then(Result::ok).unwrap_or_default()
    };
    let count = number(1);
    let deadline = match number(2) {
        0 => Duration::from_secs(1),
        millis => Duration::from_millis(millis),
    };
    match name {
        "no_runtime" => {
            let telemetry = start(deadline);
            work_many(count);
            end(telemetry);
        }
        "current_thread" => current_thread().block_on(inside(count, deadline)),
        "multi_thread" => {
            multi_thread().block_on(async move {
                tokio::spawn(inside(count, deadline)).await.unwrap();
            });
        }
        "dropped_runtime" => {
            let runtime = multi_thread();
            let telemetry = runtime.block_on(async {
                let telemetry = start(deadline);
                tokio::spawn(async move { work_many(count) }).await.unwrap();
                telemetry
            });
            drop(runtime);
            work_many(count);
            end(telemetry);
        }
        "load" => load(count, deadline),
        "flush" => flush(count, deadline),
        "drop" => {
            let _telemetry = start(deadline);
            work_many(count);
        }
        "panic" => {
            let _telemetry = start(deadline);
            work_many(count);
            panic!("out of paper");
        }
        "two_exporters" => two_exporters(count, deadline),
        "stuck_processor" => stuck_processor(count, deadline),
        "again" => again(count, deadline),
        "both" => both(count, deadline),
        "large" => large(count, number(3), deadline),
        "own" => own(count, arguments[3].clone(), deadline),
        "quiet" => quiet(count, deadline),
        "after" => after(count, deadline),
        #[cfg(unix)]
        "signal" => signal(
            count,
            deadline,
            TelemetryBuilder::default().flush_on_signals(),
        ),
        #[cfg(unix)]
        "no_signal" => signal(count, deadline, TelemetryBuilder::default()),
        #[cfg(unix)]
        "handled_signal" => handled_signal(count, deadline),
        _ => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}

#[traced]
fn work() {}

fn work_many(count: u64) {
    (0..count).for_each(|_| work());
}

fn start(deadline: Duration) -> TelemetryGuard {
    let builder = TelemetryBuilder::default().shutdown_deadline(deadline);
    builder.init().unwrap()
}

fn end(telemetry: TelemetryGuard) {
    let start = Instant::now();
    let report = telemetry.shutdown();
    tell(&report, start.elapsed());
}

/// Prints a report for the test that started this process.
fn tell(report: &Report, took: Duration) {
    println!(
        "report {} {} {} {} {} {}",
        report.ended,
        report.exported,
        report.dropped,
        report.failed,
        report.pending,
        took.as_millis()
    );
}

async fn inside(count: u64, deadline: Duration) {
    let telemetry = start(deadline);
    work_many(count);
    end(telemetry);
}

fn current_thread() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

fn multi_thread() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

/// Ends `count` spans from four threads as fast as they can.
fn load(count: u64, deadline: Duration) {
    let telemetry = start(deadline);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| work_many(count / 4));
        }
    });
    end(telemetry);
}

/// Ends spans, flushes, and ends more spans.
fn flush(count: u64, deadline: Duration) {
    let telemetry = start(deadline);
    work_many(count);
    let start = Instant::now();
    tell(&telemetry.force_flush(), start.elapsed());
    work_many(count);
    end(telemetry);
}

/// Calls annotated functions after shutdown: they have no spans.
fn after(count: u64, deadline: Duration) {
    let telemetry = start(deadline);
    work_many(count);
    end(telemetry);
    work_many(count);
}

/// Exports to two collectors, one from `OTEL_*` and one from `SECOND`, and prints a report line for
/// each.
fn two_exporters(count: u64, deadline: Duration) {
    let second = std::env::var("SECOND").unwrap();
    let builder = TelemetryBuilder::default().otlp(Otlp::new());
    let builder = builder.otlp(Otlp::new().endpoint(second));
    let telemetry = builder.shutdown_deadline(deadline).init().unwrap();
    work_many(count);
    let start = Instant::now();
    let report = telemetry.shutdown();
    println!("{report}");
    tell(&report, start.elapsed());
}

/// Installs a span processor of the user's whose `on_end` never returns.
fn stuck_processor(count: u64, deadline: Duration) {
    let builder = TelemetryBuilder::default().span_processor(Stuck);
    let telemetry = builder.shutdown_deadline(deadline).init().unwrap();
    work_many(count);
    let start = Instant::now();
    tell(&telemetry.force_flush(), start.elapsed());
    end(telemetry);
}

#[derive(Debug)]
struct Stuck;

impl SpanProcessor for Stuck {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, _: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        std::thread::sleep(Duration::from_secs(600));
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.force_flush()
    }
}

/// Ends the same spans and flushes, once for each line of standard input.
fn again(count: u64, deadline: Duration) {
    let telemetry = start(deadline);
    for line in std::io::stdin().lines() {
        drop(line);
        work_many(count);
        let start = Instant::now();
        tell(&telemetry.force_flush(), start.elapsed());
    }
    end(telemetry);
}

/// Ends `count` spans and `count` log records for each line of standard input, without a flush.
/// Prints a line when they have ended; at the end it reports the spans first, then the log records.
///
/// The variable `SETTINGS` is set in code: `delay`, in milliseconds, or `queue`, in items. Spans
/// also go to the collector in `SECOND`, if that is set.
fn both(count: u64, deadline: Duration) {
    let telemetry = with_settings().shutdown_deadline(deadline);
    let telemetry = match std::env::var("SECOND") {
        Ok(second) => telemetry
            .otlp(Otlp::new())
            .otlp(Otlp::new().endpoint(second)),
        Err(_) => telemetry,
    };
    let telemetry = telemetry.init().unwrap();
    for line in std::io::stdin().lines() {
        drop(line);
        for number in 0..count {
            work();
            tracing::info!(number, "outside any span");
        }
        println!("ended");
    }
    end_both(telemetry);
}

/// Ends `count` spans and log records, each with a text of `bytes` bytes; reports as [`both`] does.
fn large(count: u64, bytes: u64, deadline: Duration) {
    let telemetry = with_settings().shutdown_deadline(deadline);
    let telemetry = telemetry.init().unwrap();
    let text = "x".repeat(bytes.try_into().unwrap());
    for _ in 0..count {
        with_text(&text);
        tracing::info!(text, "large");
    }
    end_both(telemetry);
}

#[traced(attributes(text))]
fn with_text(text: &str) {
    let _ = text;
}

fn with_settings() -> traced::telemetry::TelemetryBuilder {
    let mut batch = Batch::new();
    for setting in std::env::var("SETTINGS").unwrap_or_default().split(',') {
        let Some((name, value)) = setting.split_once('=') else {
            continue;
        };
        let value: usize = value.parse().unwrap();
        batch = match name {
            "delay" => batch.schedule_delay(Duration::from_millis(value as u64)),
            "timeout" => batch.export_timeout(Duration::from_millis(value as u64)),
            "queue" => batch.max_queue_size(value),
            "batch" => batch.max_export_batch_size(value),
            "queue_bytes" => batch.max_queue_bytes(value),
            "batch_bytes" => batch.max_export_batch_bytes(value),
            _ => panic!("{name}"),
        };
    }
    // Log records go to the collector only, not to the terminal.
    let records = traced::telemetry::LogRecords::new().otlp(Otlp::new());
    let records = records.batch(batch);
    TelemetryBuilder::default()
        .span_batch(batch)
        .log_records(records)
}

/// Ends `count` spans and flushes, three times, with a collector and an exporter of the program's
/// own.
fn own(count: u64, fault: String, deadline: Duration) {
    let builder = with_settings().otlp(Otlp::new());
    let builder = builder.span_exporter(Faulty(fault, AtomicU64::new(0)));
    let telemetry = builder.shutdown_deadline(deadline).init().unwrap();
    for _ in 0..3 {
        work_many(count);
        telemetry.force_flush();
    }
    let start = Instant::now();
    let report = telemetry.shutdown();
    println!("{report}");
    tell(&report, start.elapsed());
}

/// An exporter with a fault in its first batch; the fault is named in `fault`.
#[derive(Debug)]
struct Faulty(String, AtomicU64);

impl SpanExporter for Faulty {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        if self.1.fetch_add(1, Ordering::Relaxed) > 0 {
            return Ok(());
        }
        match &*self.0 {
            "panics" => panic!("no paper for {} spans", batch.len()),
            "fails" => Err(OTelSdkError::InternalFailure("no paper".into())),
            "hangs" => loop {
                std::thread::park();
            },
            _ => Ok(()),
        }
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        println!("shut down");
        Ok(())
    }
}

/// Prints a report for each exporter of spans, and in the last line the one of the log records.
fn end_both(telemetry: TelemetryGuard) {
    let start = Instant::now();
    let report = telemetry.shutdown();
    let took = start.elapsed();
    tell(&report, took);
    for row in report
        .exporters
        .iter()
        .filter(|row| row.signal == "log records")
    {
        let mut records = Report::default();
        records.ended = row.ended;
        records.exported = row.exported;
        records.dropped = row.dropped;
        records.failed = row.failed;
        records.pending = row.pending;
        tell(&records, took);
    }
}

/// Counts the events that `tracing` receives while spans are exported.
fn quiet(count: u64, deadline: Duration) {
    tracing::subscriber::set_global_default(Ears).unwrap();
    let telemetry = start(deadline);
    work_many(count);
    tracing::info!("one");
    end(telemetry);
    println!("heard {}", HEARD.load(Ordering::Relaxed));
}

static HEARD: AtomicU64 = AtomicU64::new(0);

struct Ears;

impl tracing::Subscriber for Ears {
    /// The SDK logs its own calls through `tracing` if any package of the build turns that feature
    /// on.
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        !metadata.target().starts_with("opentelemetry")
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::Id {
        HEARD.fetch_add(1, Ordering::Relaxed);
        tracing::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::Id, _: &tracing::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        HEARD.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &tracing::Id) {}

    fn exit(&self, _: &tracing::Id) {}
}

#[cfg(unix)]
fn signal(count: u64, deadline: Duration, builder: traced::telemetry::TelemetryBuilder) {
    let _telemetry = builder.shutdown_deadline(deadline).init().unwrap();
    work_many(count);
    println!("ready");
    std::thread::sleep(Duration::from_secs(60));
}

/// A program that handled SIGTERM before `init`: it ends in its own way, with status 7.
#[cfg(unix)]
fn handled_signal(count: u64, deadline: Duration) {
    use signal_hook::consts::SIGTERM;
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM]).unwrap();
    let builder = TelemetryBuilder::default().flush_on_signals();
    let _telemetry = builder.shutdown_deadline(deadline).init().unwrap();
    work_many(count);
    println!("ready");
    signals.forever().next();
    // Long enough for the signal to end the process, if nobody handled it.
    std::thread::sleep(Duration::from_millis(500));
    std::process::exit(7);
}
