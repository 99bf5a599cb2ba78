//! An ended span.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceId};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

/// A span that has ended.
///
/// ```
/// use traced::testing::capture;
/// use traced::traced;
///
/// #[traced]
/// fn port(text: &str) -> Result<u16, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// let (_, spans) = capture(|| port("http"));
/// let span = spans.named("port");
/// assert!(span.is_root());
/// assert_eq!(span.exceptions().len(), 1);
/// assert_eq!(span.attribute("error.type"), Some("core::num::error::ParseIntError".into()));
/// ```
#[derive(Clone, Debug)]
pub struct Span(SpanData);

impl Span {
    pub(super) fn of(data: SpanData) -> Self {
        Span(data)
    }

    /// The name of the span.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", {}));
    /// assert_eq!(spans.iter().next().unwrap().name(), "load");
    /// ```
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The kind of the span.
    ///
    /// ```
    /// # use traced::{opentelemetry::trace::SpanKind, testing::capture};
    /// let ((), spans) = capture(|| traced::span!("load", {}));
    /// assert_eq!(*spans.named("load").kind(), SpanKind::Internal);
    /// ```
    pub fn kind(&self) -> &SpanKind {
        &self.0.span_kind
    }

    /// The id of the trace.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let (id, spans) = capture(|| traced::span!("load", { traced::current().trace_id() }));
    /// assert_eq!(spans.named("load").trace_id(), id);
    /// ```
    pub fn trace_id(&self) -> TraceId {
        self.0.span_context.trace_id()
    }

    /// The id of the span.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let (id, spans) = capture(|| traced::span!("load", { traced::current().span_id() }));
    /// assert_eq!(spans.named("load").id(), id);
    /// ```
    pub fn id(&self) -> SpanId {
        self.0.span_context.span_id()
    }

    /// The header `traceparent` that requests in this span have.
    ///
    /// ```
    /// # use traced::{traced, testing::capture};
    /// #[traced(kind = "client", inject = headers)]
    /// fn request(mut headers: Vec<(String, String)>) -> Vec<(String, String)> {
    ///     headers
    /// }
    ///
    /// let (sent, spans) = capture(|| request(Vec::new()));
    /// assert_eq!(sent[0], ("traceparent".to_owned(), spans.named("request").traceparent()));
    /// ```
    pub fn traceparent(&self) -> String {
        traceparent(&self.0.span_context)
    }

    /// The id of the parent; [`SpanId::INVALID`] for a root.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("handle", { traced::span!("load", {}) }));
    /// assert_eq!(spans.named("load").parent_id(), spans.named("handle").id());
    /// ```
    pub fn parent_id(&self) -> SpanId {
        self.0.parent_span_id
    }

    /// Whether `parent` is the parent of this span.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("handle", { traced::span!("load", {}) }));
    /// assert!(spans.named("load").is_child_of(spans.named("handle")));
    /// ```
    pub fn is_child_of(&self, parent: &Span) -> bool {
        self.trace_id() == parent.trace_id() && self.parent_id() == parent.id()
    }

    /// Whether the span has no parent.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("handle", { traced::span!("load", {}) }));
    /// assert!(spans.named("handle").is_root());
    /// assert!(!spans.named("load").is_root());
    /// ```
    pub fn is_root(&self) -> bool {
        self.parent_id() == SpanId::INVALID
    }

    /// The value of an attribute; the last one if the key was set twice, as in exporters.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", id = 7, {}));
    /// assert_eq!(spans.named("load").attribute("id"), Some(7.into()));
    /// assert_eq!(spans.named("load").attribute("name"), None);
    /// ```
    pub fn attribute(&self, key: &str) -> Option<Value> {
        let mut attributes = self.0.attributes.iter().rev();
        attributes
            .find(|attribute| attribute.key.as_str() == key)
            .map(|attribute| attribute.value.clone())
    }

    /// The value of an attribute as text; empty if there is none.
    ///
    /// ```
    /// # use traced::{traced, testing::capture};
    /// #[traced(attributes(id))]
    /// fn load(id: u64) {}
    ///
    /// let ((), spans) = capture(|| load(7));
    /// assert_eq!(spans.named("load").text("id"), "7");
    /// ```
    pub fn text(&self, key: &str) -> String {
        let value = self.attribute(key);
        value.map_or_else(String::new, |value| value.to_string())
    }

    /// The attributes, in the order in which they were added.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", id = 7, {}));
    /// assert_eq!(spans.named("load").attributes().len(), 1);
    /// ```
    pub fn attributes(&self) -> &[KeyValue] {
        &self.0.attributes
    }

    /// The events, in the order in which they were added.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("pay", { traced::event!("declined", code = 51) }));
    /// assert_eq!(spans.named("pay").events()[0].attributes[0].value, 51.into());
    /// ```
    pub fn events(&self) -> &[Event] {
        &self.0.events.events
    }

    /// The names of the events, in the order in which they were added.
    ///
    /// ```
    /// # use traced::{traced, testing::capture};
    /// #[traced]
    /// fn pay() {
    ///     traced::event!("asked");
    ///     traced::event!("answered");
    /// }
    ///
    /// let ((), spans) = capture(pay);
    /// assert_eq!(spans.named("pay").event_names(), ["asked", "answered"]);
    /// ```
    pub fn event_names(&self) -> Vec<&str> {
        self.events().iter().map(|event| &*event.name).collect()
    }

    /// The `exception` events.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| {
    ///     traced::span!("pay", { traced::record_error(&std::io::Error::other("no card")) })
    /// });
    /// assert_eq!(spans.named("pay").exceptions().len(), 1);
    /// ```
    pub fn exceptions(&self) -> Vec<&Event> {
        let events = self.events().iter();
        events.filter(|event| event.name == "exception").collect()
    }

    /// The links, in the order in which they were added.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| {
    ///     let sender = traced::span!("send", { traced::opentelemetry::Context::current() });
    ///     traced::span!("handle", { traced::add_link(sender) })
    /// });
    /// assert_eq!(spans.named("handle").links().len(), 1);
    /// ```
    pub fn links(&self) -> &[Link] {
        &self.0.links.links
    }

    /// Whether one of the links refers to `other`.
    ///
    /// ```
    /// # use traced::{traced, testing::capture};
    /// # use opentelemetry::Context;
    /// #[traced]
    /// fn put() -> Context {
    ///     Context::current()
    /// }
    ///
    /// #[traced(root, links = [message])]
    /// fn handle(message: Context) {}
    ///
    /// let ((), spans) = capture(|| handle(put()));
    /// assert!(spans.named("handle").is_linked_to(spans.named("put")));
    /// ```
    pub fn is_linked_to(&self, other: &Span) -> bool {
        self.links().iter().any(|link| {
            let to = &link.span_context;
            (to.trace_id(), to.span_id()) == (other.trace_id(), other.id())
        })
    }

    /// The status of the span.
    ///
    /// ```
    /// # use traced::{opentelemetry::trace::Status, testing::capture};
    /// #[traced::traced]
    /// fn pay() -> Result<(), &'static str> {
    ///     Err("no card")
    /// }
    ///
    /// let (_, spans) = capture(pay);
    /// assert_eq!(*spans.named("pay").status(), Status::error("no card"));
    /// ```
    pub fn status(&self) -> &Status {
        &self.0.status
    }

    /// Whether the status is Error.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", {}));
    /// assert!(!spans.named("load").has_failed());
    /// ```
    pub fn has_failed(&self) -> bool {
        matches!(self.0.status, Status::Error { .. })
    }

    /// The name of the instrumentation scope, which is the package for a function with `#[traced]`.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// #[traced::traced(scope = "shop.orders")]
    /// fn load() {}
    ///
    /// let ((), spans) = capture(load);
    /// assert_eq!(spans.named("load").scope(), "shop.orders");
    /// ```
    pub fn scope(&self) -> &str {
        self.0.instrumentation_scope.name()
    }

    /// The time from start to end.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// use std::{thread::sleep, time::Duration};
    ///
    /// let ((), spans) = capture(|| traced::span!("wait", { sleep(Duration::from_millis(2)) }));
    /// assert!(spans.named("wait").duration() >= Duration::from_millis(2));
    /// ```
    pub fn duration(&self) -> Duration {
        let duration = self.0.end_time.duration_since(self.0.start_time);
        duration.unwrap_or_default()
    }

    /// The whole span, as the SDK exports it.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", {}));
    /// assert_eq!(spans.named("load").data().dropped_attributes_count, 0);
    /// ```
    pub fn data(&self) -> &SpanData {
        &self.0
    }

    /// The line of the span in a tree.
    pub(super) fn line(&self) -> String {
        let mut line = on_one_line(&self.0.name).into_owned();
        match self.kind() {
            SpanKind::Internal => {}
            kind => line.push_str(&format!(" [{kind:?}]").to_lowercase()),
        }
        let attributes = &self.0.attributes;
        for (place, KeyValue { key, .. }) in attributes.iter().enumerate() {
            // Each key once, at its first position and with its last value.
            if attributes[..place]
                .iter()
                .any(|earlier| earlier.key == *key)
            {
                continue;
            }
            if let Some(value) = self.attribute(key.as_str()) {
                let value = value.to_string();
                let _ = write!(line, " {key}={}", on_one_line(&value));
            }
        }
        match &self.0.status {
            Status::Unset => {}
            Status::Ok => line.push_str(" ok"),
            Status::Error { description } => {
                let _ = write!(line, " error: {}", on_one_line(description));
            }
        }
        line
    }
}

/// Specification: W3C *Trace Context*, "traceparent Header".
pub(super) fn traceparent(span: &SpanContext) -> String {
    let (trace, id, flags) = (span.trace_id(), span.span_id(), span.trace_flags());
    format!("00-{trace}-{id}-{flags:02x}")
}

/// The text with line breaks, tabs and other control characters escaped, as a tree has one line for each span.
pub(super) fn on_one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let escape = |letter: char| match letter.is_control() {
        true => letter.escape_default().to_string(),
        false => letter.to_string(),
    };
    Cow::Owned(text.chars().map(escape).collect())
}
