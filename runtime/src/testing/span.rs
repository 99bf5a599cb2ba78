//! An ended span.

use std::fmt::Write as _;
use std::time::Duration;

use opentelemetry::Value;
use opentelemetry::trace::{Event, Link, SpanId, SpanKind, Status, TraceId};
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

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its kind.
    pub fn kind(&self) -> &SpanKind {
        &self.0.span_kind
    }

    /// The id of its trace.
    pub fn trace_id(&self) -> TraceId {
        self.0.span_context.trace_id()
    }

    /// Its own id.
    pub fn id(&self) -> SpanId {
        self.0.span_context.span_id()
    }

    /// The id of its parent; of a root, [`SpanId::INVALID`].
    pub fn parent_id(&self) -> SpanId {
        self.0.parent_span_id
    }

    /// Whether `parent` is its parent, in the same trace.
    pub fn is_child_of(&self, parent: &Span) -> bool {
        self.trace_id() == parent.trace_id() && self.parent_id() == parent.id()
    }

    /// Whether it is a root.
    pub fn is_root(&self) -> bool {
        self.parent_id() == SpanId::INVALID
    }

    /// The value of an attribute; of a key given twice, the first.
    pub fn attribute(&self, key: &str) -> Option<Value> {
        let mut attributes = self.0.attributes.iter();
        attributes
            .find(|attribute| attribute.key.as_str() == key)
            .map(|attribute| attribute.value.clone())
    }

    /// Its events, in the order in which they were added.
    pub fn events(&self) -> &[Event] {
        &self.0.events.events
    }

    /// The names of its events, in the order in which they were added.
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

    /// Its `exception` events.
    pub fn exceptions(&self) -> Vec<&Event> {
        let events = self.events().iter();
        events.filter(|event| event.name == "exception").collect()
    }

    /// Its links, in the order in which they were added.
    pub fn links(&self) -> &[Link] {
        &self.0.links.links
    }

    /// Whether one of its links leads to `other`.
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

    /// Its status.
    pub fn status(&self) -> &Status {
        &self.0.status
    }

    /// The name of its instrumentation scope: of a function with `#[traced]`, the package.
    pub fn scope(&self) -> &str {
        self.0.instrumentation_scope.name()
    }

    /// How long it was open.
    pub fn duration(&self) -> Duration {
        let duration = self.0.end_time.duration_since(self.0.start_time);
        duration.unwrap_or_default()
    }

    /// The whole span, as the SDK exports it.
    pub fn data(&self) -> &SpanData {
        &self.0
    }

    /// Its line in a tree.
    pub(super) fn line(&self) -> String {
        let mut line = self.0.name.to_string();
        match self.kind() {
            SpanKind::Internal => {}
            kind => line.push_str(&format!(" [{kind:?}]").to_lowercase()),
        }
        for attribute in &self.0.attributes {
            let _ = write!(line, " {}={}", attribute.key, attribute.value);
        }
        match &self.0.status {
            Status::Unset => {}
            Status::Ok => line.push_str(" ok"),
            Status::Error { description } => {
                let _ = write!(line, " error: {description}");
            }
        }
        line
    }
}
