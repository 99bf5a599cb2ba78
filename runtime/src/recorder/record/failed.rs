//! Records the failure with which a span ends: its event, `error.type` and status.

use std::borrow::Cow;

use opentelemetry::KeyValue;
use opentelemetry::trace::Status;

use super::super::clock::Tick;
#[cfg(feature = "init")]
use super::super::encode;
use super::Record;
use crate::failure::{Exception, Failure};

impl Record {
    /// Records a failure from the span's call site, which ends the span next.
    #[cold]
    pub(in crate::recorder) fn fail(&mut self, failure: Failure) {
        let (error_type, message, exception) = failure.into_parts();
        if let Some(exception) = exception {
            let now = Tick::now();
            if !self.write_exception(now, &exception, &message) {
                let attributes = exception.into_attributes(message.clone());
                self.add_event("exception".into(), now.to_system_time(), attributes);
            }
        }
        if let Some(error_type) = error_type {
            self.set_error_type(error_type);
        }
        self.set_status(Status::error(message), true);
    }

    /// Encodes an exception if possible, and returns whether it did.
    #[cfg(feature = "init")]
    fn write_exception(&mut self, now: Tick, exception: &Exception, message: &str) -> bool {
        let most = self.limits().max_events_per_span as usize;
        let is_written = self.provider.writes_exceptions;
        let rare = self.rare();
        if !is_written || !rare.written_event.is_empty() || rare.events.len() >= most {
            return false;
        }
        let trace = exception.stacktrace.as_deref();
        let attributes = [
            ("exception.type", exception.type_name),
            ("exception.message", message),
            ("exception.stacktrace", trace.unwrap_or_default()),
        ];
        let count = if trace.is_some() { 3 } else { 2 };
        encode::put_event(
            &mut rare.written_event,
            now.nanoseconds(),
            "exception",
            &attributes[..count],
        );
        true
    }

    #[cfg(not(feature = "init"))]
    fn write_exception(&mut self, _: Tick, _: &Exception, _: &str) -> bool {
        false
    }

    /// Appends `error.type` to the encoded attributes, unless there are attributes that are not encoded.
    fn set_error_type(&mut self, error_type: Cow<'static, str>) {
        const KEY: &str = "error.type";

        let is_written = self.collected.values.is_empty()
            && !self.collected.written.has(KEY)
            && self.collected.written.text(KEY, &error_type);
        if !is_written {
            self.set_attribute(KeyValue::new(KEY, error_type));
        }
    }
}
