//! Which parts of a record of `tracing` or `log` arrive in an exporter and on the terminal?

mod collector;
mod exceptions;
mod exported;
mod printed;
mod programs;
mod sent;

use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::logs::AnyValue;
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLogRecord, SdkLoggerProvider};
use tracing_subscriber::layer::SubscriberExt;

/// Tests run one at a time: the logger provider and the recording of exceptions are global.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// An exporter that keeps all records until it is dropped.
struct Records {
    exporter: InMemoryLogExporter,
    _alone: MutexGuard<'static, ()>,
}

impl Records {
    fn new() -> Self {
        let alone = ONE_AT_A_TIME.lock();
        let alone = alone.unwrap_or_else(PoisonError::into_inner);
        let exporter = InMemoryLogExporter::default();
        let provider = SdkLoggerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        traced::logs::set_logger_provider(provider);
        Records {
            exporter,
            _alone: alone,
        }
    }

    fn all(&self) -> Vec<SdkLogRecord> {
        let emitted = self.exporter.get_emitted_logs().unwrap();
        emitted.into_iter().map(|log| log.record).collect()
    }

    /// The only record.
    #[track_caller]
    fn only(&self) -> SdkLogRecord {
        match <[SdkLogRecord; 1]>::try_from(self.all()) {
            Ok([record]) => record,
            Err(all) => panic!("expected one record, got {all:#?}"),
        }
    }
}

fn attribute(record: &SdkLogRecord, key: &str) -> Option<AnyValue> {
    let mut attributes = record.attributes_iter();
    let found = attributes.find(|(name, _)| name.as_str() == key);
    found.map(|(_, value)| value.clone())
}

/// The trace id and span id of a record, in hexadecimal.
fn ids(record: &SdkLogRecord) -> Option<(String, String)> {
    let context = record.trace_context()?;
    Some((context.trace_id.to_string(), context.span_id.to_string()))
}

/// The trace id and span id of a span, in hexadecimal.
fn ids_of(span: &traced::testing::Span) -> Option<(String, String)> {
    Some((span.trace_id().to_string(), span.id().to_string()))
}

/// Runs `f` with a user's subscriber whose layer exports records.
fn exporting<R>(f: impl FnOnce() -> R) -> R {
    let subscriber = tracing_subscriber::registry().with(traced::logs::layer());
    tracing::subscriber::with_default(subscriber, f)
}
