//! A logger provider that may come later, or go: what layers and loggers hold, as those are
//! installed once and for good.

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
    // The last logger of a provider may shut it down, which flushes: after the lock.
    drop(replaced);
}

/// The logger for the next record. A clone, as what a processor does may come back here.
pub(super) fn logger() -> Option<Arc<SdkLogger>> {
    LOGGER.lock()?.clone()
}

/// In a forked child: keeps the provider of the parent from being shut down by its last drop, which
/// would wake the parent's thread.
pub(super) fn abandon() {
    std::mem::forget(logger());
}

/// Stands for the logger provider that is installed when a record is made.
pub(super) struct LateProvider;

impl LoggerProvider for LateProvider {
    type Logger = LateLogger;

    /// The scope is that of records without a target, and has no name: the appenders ask for no
    /// other, and a record's target becomes its scope when it is exported.
    fn logger_with_scope(&self, _scope: InstrumentationScope) -> LateLogger {
        LateLogger
    }
}

pub(super) struct LateLogger;

impl Logger for LateLogger {
    type LogRecord = Tidied;

    fn create_log_record(&self) -> Tidied {
        Tidied(logger().map(|logger| {
            let mut record = logger.create_log_record();
            // The appenders leave this to the receiver, which knows only when it heard of it.
            record.set_timestamp(SystemTime::now());
            record
        }))
    }

    fn emit(&self, record: Tidied) {
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

/// A record without what `tracing` and `tracing-log` say of themselves; none, if the provider has
/// gone.
pub(super) struct Tidied(Option<SdkLogRecord>);

impl LogRecord for Tidied {
    /// An event of OpenTelemetry has a name that means something: not the place in the source
    /// that `tracing` makes up.
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

    /// A record of `log` that came through `tracing` has its own place in attributes, and that of
    /// tracing-log where its own belongs.
    ///
    /// Specification: OpenTelemetry semantic conventions, *Source Code Attributes*.
    fn add_attribute<K, V>(&mut self, key: K, value: V)
    where
        K: Into<Key>,
        V: Into<AnyValue>,
    {
        let Some(record) = &mut self.0 else { return };
        let (key, value) = (key.into(), value.into());
        // The place of a record is no value of the program's.
        let value = match key.as_str().starts_with("log.") {
            true => value,
            false => redacted::attribute(key.as_str(), value),
        };
        match (key.as_str(), value) {
            ("log.target", AnyValue::String(target)) => record.set_target(String::from(target)),
            ("log.file", file) => record.add_attribute("code.file.path", file),
            ("log.line", line) => record.add_attribute("code.line.number", line),
            // A prefix of the target, or the same.
            ("log.module_path", _) => {}
            (_, value) => record.add_attribute(key, value),
        }
    }

    fn set_trace_context(&mut self, trace: TraceId, span: SpanId, flags: Option<TraceFlags>) {
        if let Some(record) = &mut self.0 {
            record.set_trace_context(trace, span, flags);
        }
    }
}
