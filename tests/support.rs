//! Shared by the tests: a provider that records the order of calls, and types that misbehave on
//! purpose.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use opentelemetry::trace::{
    Span, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId,
    TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};

/// A provider other than the SDK's that records every call.
#[derive(Clone, Debug, Default)]
pub struct CallLog {
    calls: Arc<Mutex<Vec<String>>>,
    scope: Option<InstrumentationScope>,
}

impl CallLog {
    /// Takes the calls that were made so far.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    fn note(&self, call: String) {
        self.calls.lock().unwrap().push(call);
    }
}

impl TracerProvider for CallLog {
    type Tracer = CallLog;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> CallLog {
        CallLog {
            calls: Arc::clone(&self.calls),
            scope: Some(scope),
        }
    }
}

impl Tracer for CallLog {
    type Span = LoggedSpan;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> LoggedSpan {
        let scope = self.scope.as_ref();
        let (name, version) = scope.map_or(("", None), |scope| (scope.name(), scope.version()));
        let attributes = builder.attributes.unwrap_or_default();
        let attributes: Vec<String> = attributes.iter().map(shown).collect();
        let kind = builder.span_kind.unwrap_or(SpanKind::Internal);
        self.note(format!(
            "start {} {kind:?} [{}] in {name} {}",
            builder.name,
            attributes.join(", "),
            version.unwrap_or("-")
        ));
        let parent = parent.span().span_context().clone();
        let trace_id = match parent.is_valid() {
            true => parent.trace_id(),
            false => TraceId::from(u128::from(next_id())),
        };
        LoggedSpan {
            log: self.clone(),
            name: builder.name,
            context: SpanContext::new(
                trace_id,
                SpanId::from(next_id()),
                TraceFlags::SAMPLED,
                false,
                TraceState::default(),
            ),
        }
    }
}

/// An id that differs on every call.
fn next_id() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A span of the provider [`CallLog`].
#[derive(Debug)]
pub struct LoggedSpan {
    log: CallLog,
    name: Cow<'static, str>,
    context: SpanContext,
}

fn shown(attribute: &KeyValue) -> String {
    format!("{}={}", attribute.key, attribute.value)
}

impl Span for LoggedSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, _: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        let attributes: Vec<String> = attributes.iter().map(shown).collect();
        let event = name.into();
        self.log.note(format!(
            "event {event} on {} [{}]",
            self.name,
            attributes.join(", ")
        ));
    }

    fn span_context(&self) -> &SpanContext {
        &self.context
    }

    fn is_recording(&self) -> bool {
        true
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.log
            .note(format!("attribute {} on {}", shown(&attribute), self.name));
    }

    fn set_status(&mut self, status: Status) {
        self.log.note(format!("status {status:?} on {}", self.name));
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.name = name.into();
    }

    fn add_link(&mut self, _: SpanContext, _: Vec<KeyValue>) {
        self.log.note(format!("link on {}", self.name));
    }

    fn end_with_timestamp(&mut self, _: SystemTime) {
        self.log.note(format!("end {}", self.name));
    }
}

/// The id of the current span.
pub fn current_span_id() -> SpanId {
    Context::current().span().span_context().span_id()
}

/// A value that records its drop.
#[derive(Debug)]
pub struct Noisy<'l>(pub &'static str, pub &'l Mutex<Vec<&'static str>>);

impl Drop for Noisy<'_> {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
    }
}

/// The pages whose examples are tested here, where their dependencies are.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../docs/broken_patterns.md")]
    mod broken_patterns {}
    #[doc = include_str!("../docs/coming_from.md")]
    mod coming_from {}
    #[doc = include_str!("../docs/which_functions.md")]
    mod which_functions {}
}
