//! Programs that log. `tests/logs/programs.rs` starts each by name, as a process, and looks at what
//! it prints.

use std::error::Error;

use log::Log;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use traced::telemetry::{LogRecords, TelemetryBuilder};
use traced::traced;

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).unwrap_or_default();
    // Subscribers and loggers that the user installs before `init`.
    match name.as_str() {
        "subscriber" => fmt().init(),
        "subscriber_with_layer" => fmt().with(traced::logs::layer()).init(),
        "logger" => {
            // A subscriber of the program's has used `tracing` before `init`.
            let nobody = tracing::subscriber::NoSubscriber::new();
            tracing::subscriber::with_default(nobody, || tracing::info!("early"));
            log::set_boxed_logger(Box::new(Theirs))?;
            log::set_max_level(log::LevelFilter::Info);
        }
        "wrapped_logger" => {
            log::set_boxed_logger(Box::new(traced::logs::logger(Theirs)))?;
            log::set_max_level(log::LevelFilter::Info);
        }
        "log_tracer" => tracing_log::LogTracer::init()?,
        _ => {}
    }
    let telemetry = match name.as_str() {
        "subscriber_that_comes_later" => {
            let records = LogRecords::new().no_subscriber();
            let telemetry = TelemetryBuilder::default().log_records(records).init()?;
            fmt().with(traced::logs::layer()).init();
            telemetry
        }
        _ => traced::init()?,
    };
    match name.as_str() {
        "panics" => {
            let _ = std::thread::spawn(|| panic!("out of paper")).join();
        }
        "fails" => {
            let _ = port();
        }
        "event" => tracing::info!(name: "order.paid", { by = "visa", order = 7 }, "paid"),
        "many" => {
            for number in 0..1000 {
                tracing::info!(number, "counted");
            }
            println!("{}", telemetry.shutdown());
            return Ok(());
        }
        "report" => {
            pay();
            tracing::info!("outside any span");
            println!("{}", telemetry.shutdown());
            return Ok(());
        }
        "twice" => {
            for _ in 0..2 {
                pay();
                telemetry.force_flush();
            }
        }
        _ => {
            pay();
            tracing::debug!("outside any span");
            tracing::info!("outside any span");
        }
    }
    drop(telemetry);
    Ok(())
}

#[traced]
fn pay() {
    tracing::info!(order = 7, "paid by tracing");
    log::info!("paid by log");
    println!("trace {}", traced::current().trace_id());
    println!("span {}", traced::current().span_id());
}

#[traced]
fn port() -> Result<u16, std::num::ParseIntError> {
    println!("trace {}", traced::current().trace_id());
    "http".parse()
}

/// A user's subscriber that knows nothing of `traced`, and sets no logger as `init` would.
fn fmt() -> impl SubscriberExt
+ SubscriberInitExt
+ for<'s> tracing_subscriber::registry::LookupSpan<'s>
+ Send
+ Sync {
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .without_time()
        .with_writer(std::io::stderr);
    tracing_subscriber::registry().with(layer)
}

/// A logger of the user's.
struct Theirs;

impl Log for Theirs {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        eprintln!("theirs: {}", record.args());
    }

    fn flush(&self) {}
}
