//! Exceptions as log records, instead of events of their spans or beside them.

use std::panic::catch_unwind;

use opentelemetry::logs::{AnyValue, Severity};
use traced::logs::{Exceptions, set_exceptions};

use crate::{Records, attribute, ids, ids_of};
use traced::testing::{Spans, capture};
use traced::traced;

/// Records exceptions as `to` says while `f` runs.
fn with<R>(to: Exceptions, f: impl FnOnce() -> R) -> R {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            set_exceptions(Exceptions::SpanEvents);
        }
    }
    set_exceptions(to);
    let _reset = Reset;
    f()
}

#[derive(Debug, thiserror::Error)]
#[error("no port")]
struct NoPort(#[source] std::num::ParseIntError);

#[traced]
fn port() -> Result<u16, NoPort> {
    "http".parse().map_err(NoPort)
}

#[traced]
fn listen() -> Result<u16, NoPort> {
    port()
}

fn text(value: &str) -> Option<AnyValue> {
    Some(AnyValue::from(value.to_owned()))
}

#[test]
fn by_default_they_are_events() {
    let records = Records::new();
    let (_, spans) = capture(listen);
    assert_eq!(spans.named("port").exceptions().len(), 1);
    assert_eq!(records.all().len(), 0);
}

#[test]
fn an_error_becomes_a_record_of_the_span_it_left_first() {
    let records = Records::new();
    let (_, spans) = with(Exceptions::Logs, || capture(listen));
    let record = records.only();
    assert_eq!(record.event_name(), Some("exception"));
    assert_eq!(record.severity_number(), Some(Severity::Error));
    assert_eq!(ids(&record), ids_of(spans.named("port")));
    assert_eq!(
        attribute(&record, "exception.type"),
        text(std::any::type_name::<NoPort>())
    );
    assert_eq!(attribute(&record, "exception.message"), text("no port"));
    let Some(AnyValue::String(chain)) = attribute(&record, "exception.stacktrace") else {
        panic!("{record:?}");
    };
    assert!(
        chain.as_str().contains("Caused by: invalid digit"),
        "{chain}"
    );
    no_events_but_failed(&spans, "port");
    no_events_but_failed(&spans, "listen");
}

/// Asserts the status and the `error.type` of the span, which do not depend on where exceptions are
/// recorded.
#[track_caller]
fn no_events_but_failed(spans: &Spans, name: &str) {
    let span = spans.named(name);
    assert!(span.exceptions().is_empty());
    assert!(span.attribute("error.type").is_some());
    assert_eq!(
        span.status(),
        &opentelemetry::trace::Status::error("no port")
    );
}

#[test]
fn dup_writes_both() {
    let records = Records::new();
    let (_, spans) = with(Exceptions::Both, || capture(listen));
    let event = spans.named("port").exceptions()[0].clone();
    let record = records.only();
    assert_eq!(event.attributes.len(), 3);
    for written in event.attributes {
        let value = text(&written.value.as_str());
        assert_eq!(attribute(&record, written.key.as_str()), value);
    }
}

#[test]
fn a_panic_becomes_a_record_of_the_innermost_span() {
    #[traced]
    fn inner() {
        panic!("out of paper");
    }
    #[traced]
    fn outer() {
        inner();
    }
    let records = Records::new();
    let (out, spans) = with(Exceptions::Logs, || capture(|| catch_unwind(outer)));
    out.unwrap_err();
    let record = records.only();
    assert_eq!(ids(&record), ids_of(spans.named("inner")));
    assert_eq!(attribute(&record, "exception.type"), text("panic"));
    assert_eq!(
        attribute(&record, "exception.message"),
        text("out of paper")
    );
    assert!(spans.iter().all(|span| span.exceptions().is_empty()));
}

#[test]
fn a_panic_outside_any_span_is_a_record_without_ids() {
    let records = Records::new();
    with(Exceptions::Logs, || {
        catch_unwind(|| panic!("out of paper")).unwrap_err();
    });
    let record = records.only();
    assert_eq!(ids(&record), None);
    assert_eq!(
        attribute(&record, "exception.message"),
        text("out of paper")
    );
}

#[test]
fn an_error_that_was_dealt_with_is_a_warning() {
    #[traced]
    fn settle() {
        traced::record_error(&std::fmt::Error);
    }
    let records = Records::new();
    let ((), spans) = with(Exceptions::Logs, || capture(settle));
    let record = records.only();
    assert_eq!(record.severity_number(), Some(Severity::Warn));
    assert_eq!(ids(&record), ids_of(spans.named("settle")));
    assert!(spans.named("settle").exceptions().is_empty());
}

#[test]
fn an_exporter_that_panics_over_a_panic_does_so_once_and_aborts_nothing() {
    use opentelemetry_sdk::error::OTelSdkResult;
    use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord, SdkLoggerProvider};
    use std::sync::atomic::{AtomicUsize, Ordering};

    static EMITTED: AtomicUsize = AtomicUsize::new(0);
    #[derive(Debug)]
    struct Panics;
    impl LogProcessor for Panics {
        fn emit(&self, _: &mut SdkLogRecord, _: &opentelemetry::InstrumentationScope) {
            EMITTED.fetch_add(1, Ordering::Relaxed);
            panic!("of the exporter");
        }
        fn force_flush(&self) -> OTelSdkResult {
            Ok(())
        }
    }
    let _records = Records::new();
    let provider = SdkLoggerProvider::builder()
        .with_log_processor(Panics)
        .build();
    traced::logs::set_logger_provider(provider);
    with(Exceptions::Logs, || {
        catch_unwind(|| panic!("out of paper")).unwrap_err();
    });
    assert_eq!(EMITTED.load(Ordering::Relaxed), 1);
}
