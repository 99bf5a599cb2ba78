//! Log records in an exporter.

use std::time::SystemTime;

use opentelemetry::Context;
use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry::trace::TraceFlags;
use tracing_subscriber::layer::SubscriberExt;

use crate::{Records, attribute, exporting, ids, ids_of};
use traced::testing::{capture, capture_async};
use traced::traced;

#[test]
fn a_record_has_the_ids_of_the_function_it_was_made_in() {
    #[traced]
    fn inner() {
        tracing::info!("paid");
    }
    #[traced]
    fn outer() {
        inner();
    }
    let records = Records::new();
    let ((), spans) = exporting(|| capture(outer));
    let record = records.only();
    assert_eq!(ids(&record), ids_of(spans.named("inner")));
    let flags = record.trace_context().unwrap().trace_flags;
    // The flags of a sampled span with a random trace id.
    assert_eq!(flags, Some(TraceFlags::new(0x03)));
}

#[test]
fn a_record_after_await_is_in_its_span() {
    #[traced]
    async fn outer() {
        tokio::task::yield_now().await;
        tokio::spawn(inner()).await.unwrap();
        tracing::info!("outer");
    }
    #[traced]
    async fn inner() {
        tokio::task::yield_now().await;
        tracing::info!("inner");
    }
    let records = Records::new();
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    let ((), spans) = exporting(|| runtime.block_on(capture_async(outer())));
    let [inner, outer] = <[_; 2]>::try_from(records.all()).unwrap();
    assert_eq!(ids(&inner), ids_of(spans.named("inner")));
    assert_eq!(ids(&outer), ids_of(spans.named("outer")));
}

#[test]
fn a_record_outside_any_span_has_no_ids() {
    let records = Records::new();
    exporting(|| tracing::info!("started"));
    assert_eq!(records.only().trace_context(), None);
}

#[test]
fn a_tracing_span_that_is_current_gives_its_ids() {
    let records = Records::new();
    // The first `capture` installs the provider from which the tracer is taken.
    let ((), _) = capture(|| ());
    let spans_of_tracing =
        tracing_opentelemetry::layer().with_tracer(opentelemetry::global::tracer("theirs"));
    let subscriber = tracing_subscriber::registry()
        .with(spans_of_tracing)
        .with(traced::logs::layer());
    #[traced]
    fn outer() {
        tracing::info_span!("inner").in_scope(|| tracing::info!("paid"));
    }
    let ((), spans) = tracing::subscriber::with_default(subscriber, || capture(outer));
    assert_eq!(ids(&records.only()), ids_of(spans.named("inner")));
}

#[test]
fn level_message_fields_and_target_arrive_as_what_they_are() {
    let records = Records::new();
    let cents = 250;
    exporting(
        || tracing::warn!(target: "shop::till", { order.id = 7, paid = true }, "paid {cents}"),
    );
    let record = records.only();
    assert_eq!(record.severity_number(), Some(Severity::Warn));
    assert_eq!(record.severity_text(), Some("WARN"));
    assert_eq!(record.body(), Some(&AnyValue::from("paid 250")));
    assert_eq!(record.target().map(AsRef::as_ref), Some("shop::till"));
    assert_eq!(attribute(&record, "order.id"), Some(AnyValue::Int(7)));
    assert_eq!(attribute(&record, "paid"), Some(AnyValue::Boolean(true)));
}

#[test]
fn a_record_says_when_it_was_made() {
    let records = Records::new();
    let before = SystemTime::now();
    exporting(|| tracing::info!("now"));
    let made = records.only().timestamp().unwrap();
    assert!((before..=SystemTime::now()).contains(&made));
}

#[test]
fn only_an_event_that_was_given_a_name_has_one() {
    let records = Records::new();
    exporting(|| {
        tracing::info!(name: "order.paid", order = 7);
        tracing::info!("paid");
    });
    let names: Vec<_> = records
        .all()
        .iter()
        .map(|record| record.event_name())
        .collect();
    assert_eq!(names, [Some("order.paid"), None]);
}

/// A user's logger, enabled from `info` on, that counts records.
#[derive(Default)]
struct Theirs(std::sync::atomic::AtomicUsize);

impl log::Log for &Theirs {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Info
    }

    fn log(&self, _: &log::Record<'_>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    fn flush(&self) {}
}

fn write(logger: &dyn log::Log, level: log::Level) {
    let pairs: &[(&str, i64)] = &[("order", 7)];
    let record = log::Record::builder()
        .level(level)
        .target("shop::till")
        .file(Some("src/till.rs"))
        .line(Some(12))
        .module_path(Some("shop::till"))
        .args(format_args!("paid"))
        .key_values(&pairs)
        .build();
    logger.log(&record);
}

#[test]
fn a_record_of_log_has_ids_target_and_pairs() {
    let records = Records::new();
    let theirs = Theirs::default();
    let logger = traced::logs::logger(&theirs);
    let logger: &dyn log::Log = &logger;
    let ((), spans) = capture(|| traced::span!("pay", { write(logger, log::Level::Error) }));
    let record = records.only();
    assert_eq!(ids(&record), ids_of(spans.named("pay")));
    assert_eq!(record.severity_number(), Some(Severity::Error));
    assert_eq!(record.body(), Some(&AnyValue::from("paid")));
    assert_eq!(record.target().map(AsRef::as_ref), Some("shop::till"));
    assert_eq!(attribute(&record, "order"), Some(AnyValue::Int(7)));
    assert_eq!(theirs.0.into_inner(), 1);
}

#[test]
fn what_the_users_logger_leaves_out_is_not_exported() {
    let records = Records::new();
    let theirs = Theirs::default();
    write(&traced::logs::logger(&theirs), log::Level::Debug);
    assert_eq!(records.all().len(), 0);
    assert_eq!(theirs.0.into_inner(), 0);
}

#[test]
fn a_record_of_log_that_came_through_tracing_is_tidied() {
    let records = Records::new();
    exporting(|| write(&tracing_log::LogTracer::new(), log::Level::Info));
    let record = records.only();
    assert_eq!(record.body(), Some(&AnyValue::from("paid")));
    assert_eq!(record.target().map(AsRef::as_ref), Some("shop::till"));
    assert_eq!(record.event_name(), None);
    let keys: Vec<_> = record
        .attributes_iter()
        .map(|(key, _)| key.as_str())
        .collect();
    assert_eq!(keys, ["code.file.path", "code.line.number"]);
}

#[test]
fn a_record_that_goes_to_both_is_exported_once() {
    let records = Records::new();
    let logger = traced::logs::logger(tracing_log::LogTracer::new());
    exporting(|| {
        write(&logger, log::Level::Info);
        tracing::info!("next");
    });
    let bodies: Vec<_> = records
        .all()
        .iter()
        .map(|record| record.body().cloned())
        .collect();
    assert_eq!(
        bodies,
        [Some(AnyValue::from("paid")), Some(AnyValue::from("next"))]
    );
    // With the record's key-value pairs, which tracing-log ignores.
    assert!(attribute(&records.all()[0], "order").is_some());
}

#[test]
fn what_is_logged_while_telemetry_is_suppressed_is_not_exported() {
    let records = Records::new();
    let logger = traced::logs::logger(tracing_log::LogTracer::new());
    exporting(|| {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        tracing::error!(target: "hyper", "connection refused");
        write(&logger, log::Level::Error);
    });
    assert_eq!(records.all().len(), 0);
}

#[test]
fn what_the_sdk_says_of_itself_is_not_exported() {
    let records = Records::new();
    exporting(|| tracing::error!(target: "opentelemetry_sdk", "queue is full"));
    assert_eq!(records.all().len(), 0);
}

#[test]
fn a_layer_may_be_older_than_the_provider() {
    let subscriber = tracing_subscriber::registry().with(traced::logs::layer());
    tracing::subscriber::with_default(subscriber, || {
        let records = Records::new();
        tracing::info!("paid");
        records.only();
    });
}

#[test]
fn a_processor_that_logs_does_not_lock_itself_out() {
    use opentelemetry_sdk::error::OTelSdkResult;
    use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord, SdkLoggerProvider};

    #[derive(Debug)]
    struct Replaces;
    impl LogProcessor for Replaces {
        fn emit(&self, _: &mut SdkLogRecord, _: &opentelemetry::InstrumentationScope) {
            traced::logs::set_logger_provider(SdkLoggerProvider::builder().build());
            tracing::info!("from within");
        }
        fn force_flush(&self) -> OTelSdkResult {
            Ok(())
        }
    }
    let _records = Records::new();
    let provider = SdkLoggerProvider::builder()
        .with_log_processor(Replaces)
        .build();
    traced::logs::set_logger_provider(provider);
    exporting(|| tracing::info!("paid"));
}
