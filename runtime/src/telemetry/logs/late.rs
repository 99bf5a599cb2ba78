//! The logger provider of layers and loggers. They are installed once and for good, but the real provider may be set
//! later, replaced and removed.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::{InstrumentationScope, Key, SpanId, TraceFlags, TraceId};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger, SdkLoggerProvider};

use super::redacted;
use crate::fork::ForkMutex;

static LOGGER: ForkMutex<Option<Arc<SdkLogger>>> = ForkMutex::new(None);

/// Replaces the provider of every layer and logger of ours.
pub(super) fn set(provider: Option<&SdkLoggerProvider>) {
    let logger = provider.map(|provider| Arc::new(provider.logger("")));
    let replaced = LOGGER
        .lock()
        .map(|mut current| std::mem::replace(&mut *current, logger));
    // After the lock: dropping the last logger of a provider may shut the provider down, which flushes.
    drop(replaced);
}

/// The logger for the next record. Cloned, so that the lock is free while a processor runs, which may log itself.
pub(super) fn logger() -> Option<Arc<SdkLogger>> {
    LOGGER.lock()?.clone()
}

/// In a forked child: leaks the logger of the parent, so that its last drop does not shut down the provider, which
/// would wake the parent's thread.
pub(super) fn abandon() {
    std::mem::forget(logger());
}

/// Passes each record to the provider that is installed at that time.
pub(super) struct LateProvider;

impl LoggerProvider for LateProvider {
    type Logger = LateLogger;

    /// Ignores the scope: the appenders use only one without a name, and each record's target becomes its scope when
    /// it is exported.
    fn logger_with_scope(&self, _scope: InstrumentationScope) -> LateLogger {
        LateLogger
    }
}

pub(super) struct LateLogger;

impl Logger for LateLogger {
    type LogRecord = Normalized;

    fn create_log_record(&self) -> Normalized {
        Normalized(logger().map(|logger| {
            let mut record = logger.create_log_record();
            // The appenders do not set it, and a collector only knows when the record arrived.
            record.set_timestamp(SystemTime::now());
            record
        }))
    }

    fn emit(&self, record: Normalized) {
        if let (Some(logger), Some(record)) = (logger(), record.0) {
            logger.emit(record);
        }
    }

    fn event_enabled(&self, level: Severity, target: &str, name: Option<&str>) -> bool {
        // The SDK's own log events would come back to it.
        let is_own = target.starts_with("opentelemetry");
        !is_own && logger().is_some_and(|logger| logger.event_enabled(level, target, name))
    }
}

/// A record without the names and attributes that `tracing` and `tracing-log` generate; `None` if there is no provider.
pub(super) struct Normalized(Option<SdkLogRecord>);

impl LogRecord for Normalized {
    /// Skips the names that `tracing` generates from the place in the source: the name of an OpenTelemetry event means
    /// something.
    fn set_event_name(&mut self, name: &'static str) {
        let is_made_up = name.starts_with("event ") || matches!(name, "log event" | "log record");
        if let (Some(record), false) = (&mut self.0, is_made_up) {
            record.set_event_name(name);
        }
    }

    fn set_target<T: Into<Cow<'static, str>>>(&mut self, target: T) {
        if let Some(record) = &mut self.0 {
            record.set_target(target);
        }
    }

    fn set_timestamp(&mut self, timestamp: SystemTime) {
        if let Some(record) = &mut self.0 {
            record.set_timestamp(timestamp);
        }
    }

    fn set_observed_timestamp(&mut self, timestamp: SystemTime) {
        if let Some(record) = &mut self.0 {
            record.set_observed_timestamp(timestamp);
        }
    }

    fn set_severity_text(&mut self, text: &'static str) {
        if let Some(record) = &mut self.0 {
            record.set_severity_text(text);
        }
    }

    fn set_severity_number(&mut self, number: Severity) {
        if let Some(record) = &mut self.0 {
            record.set_severity_number(number);
        }
    }

    fn set_body(&mut self, body: AnyValue) {
        if let Some(record) = &mut self.0 {
            record.set_body(redacted::body(body));
        }
    }

    fn add_attributes<I, K, V>(&mut self, attributes: I)
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<Key>,
        V: Into<AnyValue>,
    {
        for (key, value) in attributes {
            self.add_attribute(key, value);
        }
    }

    /// Converts the attributes in which tracing-log stores target, file and line of a record of `log`.
    ///
    /// Specification: OpenTelemetry semantic conventions, *Source Code Attributes*.
    fn add_attribute<K, V>(&mut self, key: K, value: V)
    where
        K: Into<Key>,
        V: Into<AnyValue>,
    {
        let Some(record) = &mut self.0 else { return };
        let (key, value) = (key.into(), value.into());
        // The attributes of tracing-log are not redacted, as they are not values of the program.
        match (key.as_str(), value) {
            ("log.target", AnyValue::String(target)) => record.set_target(String::from(target)),
            ("log.file", file) => record.add_attribute("code.file.path", file),
            ("log.line", line) => record.add_attribute("code.line.number", line),
            // Left out: the target says the same.
            ("log.module_path", _) => {}
            (name, value) => {
                let value = redacted::attribute(name, value);
                record.add_attribute(key, value);
            }
        }
    }

    fn set_trace_context(&mut self, trace: TraceId, span: SpanId, flags: Option<TraceFlags>) {
        if let Some(record) = &mut self.0 {
            record.set_trace_context(trace, span, flags);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redaction::{MASK, Redaction};

    #[test]
    fn fields_of_the_program_are_redacted_whatever_they_are_called() {
        let logger = SdkLoggerProvider::builder().build().logger("");
        let mut record = Normalized(Some(logger.create_log_record()));
        redacted::set(Some(Redaction::new(|_, value| *value = MASK.into())));
        record.add_attributes([
            ("user", "sesame"),
            ("log.user", "sesame"),
            ("log.record.original", "sesame"),
            ("log.file", "src/main.rs"),
            ("log.module_path", "shop::pay"),
        ]);
        record.add_attribute("log.line", 7);
        redacted::set(None);
        let record = record.0.unwrap();
        let attributes = record.attributes_iter().cloned().collect::<Vec<_>>();
        let expected: [(&str, AnyValue); 5] = [
            ("user", MASK.into()),
            ("log.user", MASK.into()),
            ("log.record.original", MASK.into()),
            ("code.file.path", "src/main.rs".into()),
            ("code.line.number", 7.into()),
        ];
        let expected = expected.map(|(key, value)| (Key::new(key), value));
        assert_eq!(attributes, expected);
    }
}
