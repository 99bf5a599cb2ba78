//! Exceptions as log records.

use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::logs::{LogRecord as _, Logger as _, Severity};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue, Value};

use super::bridge::without_export;
use super::{late, redacted};
use crate::exception::{ExceptionOrigin, Sink};

/// The sink that makes a log record of each exception, and also prints it if `is_printed`.
pub(super) fn sink(is_printed: bool) -> Sink {
    Arc::new(move |context, origin, mut attributes| {
        if let Some(redaction) = redacted::current() {
            redaction.attributes(&mut attributes);
        }
        // Not for panics: the panic hook has printed them, and the thread that panicked may hold a lock that
        // the subscriber needs.
        if is_printed && origin != ExceptionOrigin::Panicked {
            redacted::without_redaction(|| print(context, origin, &attributes));
        }
        emit(context, origin, attributes);
    })
}

/// Specification: OpenTelemetry semantic conventions, *Exceptions in logs* and *Recording errors*.
fn emit(context: &Context, origin: ExceptionOrigin, attributes: Vec<KeyValue>) {
    let Some(logger) = late::logger() else { return };
    let mut record = logger.create_log_record();
    record.set_timestamp(SystemTime::now());
    record.set_event_name("exception");
    record.set_target("traced");
    let (number, text) = match origin {
        ExceptionOrigin::Recorded => (Severity::Warn, "WARN"),
        ExceptionOrigin::Returned | ExceptionOrigin::Panicked => (Severity::Error, "ERROR"),
    };
    record.set_severity_number(number);
    record.set_severity_text(text);
    let span = context.span();
    let span = span.span_context();
    if span.is_valid() {
        record.set_trace_context(span.trace_id(), span.span_id(), Some(span.trace_flags()));
    }
    for attribute in attributes {
        record.add_attribute(attribute.key, any_value(attribute.value));
    }
    logger.emit(record);
}

/// Converts an attribute of an exception, which is a text, a number or a boolean.
fn any_value(value: Value) -> opentelemetry::logs::AnyValue {
    match value {
        Value::Bool(value) => value.into(),
        Value::I64(value) => value.into(),
        Value::F64(value) => value.into(),
        value => value.as_str().into_owned().into(),
    }
}

/// Prints an exception through the subscriber, so that its line has the usual format and the span's ids.
fn print(context: &Context, origin: ExceptionOrigin, attributes: &[KeyValue]) {
    let text = |key: &str| {
        let attribute = attributes
            .iter()
            .find(|attribute| attribute.key.as_str() == key);
        attribute.map(|attribute| attribute.value.to_string())
    };
    let (kind, message) = (text("exception.type"), text("exception.message"));
    let (kind, message) = (kind.unwrap_or_default(), message.unwrap_or_default());
    let stacktrace = text("exception.stacktrace");
    let attached = crate::current_context::attach(context.clone());
    without_export(|| match origin {
        ExceptionOrigin::Recorded => tracing::warn!(
            name: "exception", target: "traced",
            { "exception.type" = kind, "exception.stacktrace" = stacktrace }, "{message}"
        ),
        _ => tracing::error!(
            name: "exception", target: "traced",
            { "exception.type" = kind, "exception.stacktrace" = stacktrace }, "{message}"
        ),
    });
    drop(attached);
}
