//! Spans that implement OpenTelemetry's API: in a context, and as a value that a tracer returns.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{self, SpanContext, Status};

use super::clock::Tick;
use super::pool;
use super::record::Record;
use crate::automatic_status::is_automatic_status;
use crate::end_time::is_now;
use crate::failure::handed_over;

/// A span in a context. It is empty after its end, as a context has its own copy of the span context and does not
/// call [`span_context`](trace::Span::span_context) again.
#[derive(Debug)]
pub(super) struct Handle(Option<Box<Record>>);

static NONE: SpanContext = SpanContext::NONE;

impl Handle {
    #[inline]
    pub(super) fn new(record: Box<Record>) -> Self {
        Handle(Some(record))
    }

    #[inline]
    fn finish(&mut self, ended: Option<SystemTime>) {
        let Some(mut record) = self.0.take() else {
            return;
        };
        record.ended = Tick::now();
        if let Some(ended) = ended {
            record.end_at(ended);
        }
        record.pass_on();
        pool::give_back(record);
    }
}

/// Ends the span.
impl Drop for Handle {
    #[inline]
    fn drop(&mut self) {
        self.finish(None);
    }
}

impl trace::Span for Handle {
    fn add_event_with_timestamp<T>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) where
        T: Into<Cow<'static, str>>,
    {
        if let Some(record) = &mut self.0 {
            record.add_event(name.into(), timestamp, attributes);
        }
    }

    #[inline]
    fn span_context(&self) -> &SpanContext {
        self.0
            .as_ref()
            .map_or(&NONE, |record| record.span_context())
    }

    fn is_recording(&self) -> bool {
        self.0.is_some()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Some(record) = &mut self.0 {
            record.set_attribute(attribute);
        }
    }

    fn set_status(&mut self, status: Status) {
        let Some(record) = &mut self.0 else {
            return;
        };
        let is_automatic = is_automatic_status();
        match is_automatic.then(handed_over).flatten() {
            Some(failure) => record.fail(failure),
            None => record.set_status(status, is_automatic),
        }
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(record) = &mut self.0 {
            record.name = new_name.into();
        }
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        if let Some(record) = &mut self.0 {
            record.add_link(span_context, attributes);
        }
    }

    // A context calls this method alone, also for `end` of the API.
    #[inline]
    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.finish((!is_now(timestamp)).then_some(timestamp));
    }
}

/// A span that a tracer returns through the API. It keeps its span context after its end.
#[derive(Debug)]
pub(crate) struct Span {
    span_context: SpanContext,
    handle: Handle,
}

impl Span {
    pub(super) fn recording(record: Box<Record>) -> Self {
        Span {
            span_context: record.span_context().clone(),
            handle: Handle::new(record),
        }
    }

    /// A span that is not recorded.
    pub(super) fn silent(span_context: SpanContext) -> Self {
        Span {
            span_context,
            handle: Handle(None),
        }
    }
}

impl trace::Span for Span {
    fn add_event_with_timestamp<T>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) where
        T: Into<Cow<'static, str>>,
    {
        self.handle
            .add_event_with_timestamp(name, timestamp, attributes);
    }

    fn span_context(&self) -> &SpanContext {
        &self.span_context
    }

    fn is_recording(&self) -> bool {
        self.handle.is_recording()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.handle.set_attribute(attribute);
    }

    fn set_status(&mut self, status: Status) {
        self.handle.set_status(status);
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.handle.update_name(new_name);
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        self.handle.add_link(span_context, attributes);
    }

    fn end(&mut self) {
        self.handle.finish(None);
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.handle.end_with_timestamp(timestamp);
    }
}
