//! A span that keeps the status that the body set explicitly.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::global::BoxedSpan;
use opentelemetry::trace::{Span, SpanContext, Status};

use crate::automatic_status::is_automatic_status;
use crate::end_time::is_now;
use crate::failure::is_handed_over;

/// A span of another provider that ignores the status of the call site if the body has set a status.
///
/// The SDK keeps the greater of two error descriptions, and the API does not tell which status was set. A
/// context boxes its span anyway, so this wrapper costs one byte.
#[derive(Debug)]
pub(super) struct StatusKeepingSpan {
    span: BoxedSpan,
    status_is_set: bool,
}

impl StatusKeepingSpan {
    pub(super) fn new(span: BoxedSpan) -> Self {
        StatusKeepingSpan {
            span,
            status_is_set: false,
        }
    }
}

impl Span for StatusKeepingSpan {
    fn add_event_with_timestamp<T>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) where
        T: Into<Cow<'static, str>>,
    {
        self.span
            .add_event_with_timestamp(name, timestamp, attributes);
    }

    fn span_context(&self) -> &SpanContext {
        self.span.span_context()
    }

    fn is_recording(&self) -> bool {
        self.span.is_recording()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.span.set_attribute(attribute);
    }

    fn set_status(&mut self, status: Status) {
        let automatic = is_automatic_status();
        if automatic && (self.status_is_set || is_handed_over()) {
            return;
        }
        self.status_is_set |= !automatic && status != Status::Unset;
        self.span.set_status(status);
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.span.update_name(new_name);
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        self.span.add_link(span_context, attributes);
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        match is_now(timestamp) {
            true => self.span.end(),
            false => self.span.end_with_timestamp(timestamp),
        }
    }
}
