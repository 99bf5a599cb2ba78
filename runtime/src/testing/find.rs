//! Queries of spans by their properties.

use opentelemetry::Value;
use opentelemetry::trace::SpanKind;

use super::span::Span;
use super::spans::Spans;
use super::wildcard::matches;

/// A query of spans: each method keeps the spans that match.
///
/// ```
/// use opentelemetry::trace::SpanKind;
/// use traced::testing::capture;
/// use traced::traced;
///
/// #[traced(kind = "client", attributes(id))]
/// fn load(id: u64) {}
///
/// #[traced]
/// fn handle() {
///     load(7);
///     load(8);
/// }
///
/// let ((), spans) = capture(handle);
/// let handle = spans.named("handle");
/// let seven = spans.find().kind(SpanKind::Client).attribute("id", 7).child_of(handle).one();
/// assert_eq!(seven.name(), "load");
/// assert_eq!(spans.find().name("lo*").below(handle).all().len(), 2);
/// ```
#[derive(Clone, Debug)]
#[must_use = "it asks nothing before `one`, `all` or `first`"]
pub struct Find<'s> {
    spans: &'s Spans,
    found: Vec<&'s Span>,
    conditions: Vec<String>,
}

impl Spans {
    /// Starts a query over all spans.
    pub fn find(&self) -> Find<'_> {
        Find {
            spans: self,
            found: self.iter().collect(),
            conditions: Vec::new(),
        }
    }
}

impl<'s> Find<'s> {
    /// Keeps the spans for which `fits` is true; a failure quotes `condition`.
    pub fn matching(mut self, condition: impl Into<String>, fits: impl Fn(&Span) -> bool) -> Self {
        self.found.retain(|span| fits(span));
        self.conditions.push(condition.into());
        self
    }

    /// Keeps the spans with this name, in which `*` stands for any text.
    pub fn name(self, name: &str) -> Self {
        self.matching(format!("named {name:?}"), |span| matches(name, span.name()))
    }

    /// Keeps the spans of this kind.
    pub fn kind(self, kind: SpanKind) -> Self {
        let condition = format!("of kind {kind:?}").to_lowercase();
        self.matching(condition, |span| *span.kind() == kind)
    }

    /// Keeps the spans with this value of the attribute.
    pub fn attribute(self, key: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.matching(format!("with {key}={value}"), |span| {
            span.attribute(key).as_ref() == Some(&value)
        })
    }

    /// Keeps the spans that have the attribute, with any value.
    pub fn has_attribute(self, key: &str) -> Self {
        self.matching(format!("with {key}"), |span| span.attribute(key).is_some())
    }

    /// Keeps the spans with an event of this name.
    pub fn event(self, name: &str) -> Self {
        self.matching(format!("with an event named {name:?}"), |span| {
            span.event_names().contains(&name)
        })
    }

    /// Keeps the spans whose status is Error.
    pub fn failed(self) -> Self {
        self.matching("that failed", Span::has_failed)
    }

    /// Keeps the spans without a parent.
    pub fn root(self) -> Self {
        self.matching("without a parent", Span::is_root)
    }

    /// Keeps the children of `parent`.
    pub fn child_of(self, parent: &Span) -> Self {
        self.matching(
            format!("that are children of {:?}", parent.name()),
            |span| span.is_child_of(parent),
        )
    }

    /// Keeps the children of `ancestor`, their children, and so on.
    pub fn below(self, ancestor: &Span) -> Self {
        let spans = self.spans;
        self.matching(format!("below {:?}", ancestor.name()), |span| {
            let mut ancestors = spans.ancestors_of(span).into_iter();
            ancestors.any(|known| known.id() == ancestor.id())
        })
    }

    /// Keeps the spans with a link to `other`.
    pub fn linked_to(self, other: &Span) -> Self {
        self.matching(format!("linked to {:?}", other.name()), |span| {
            span.is_linked_to(other)
        })
    }

    /// Keeps the spans of this instrumentation scope, which is usually a package.
    pub fn scope(self, scope: &str) -> Self {
        self.matching(format!("of scope {scope:?}"), |span| span.scope() == scope)
    }

    /// The only span that matches.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one; the message has the conditions and the tree.
    #[track_caller]
    pub fn one(self) -> &'s Span {
        let [span] = self.exactly();
        span
    }

    /// The spans that match, in the order of their start. Their number is that of the pattern.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| {
    ///     traced::span!("attempt", {});
    ///     traced::span!("attempt", {})
    /// });
    /// let [first, second] = spans.find().name("attempt").exactly();
    /// assert!(first.data().start_time <= second.data().start_time);
    /// ```
    ///
    /// # Panics
    ///
    /// If there are fewer or more; the message has the conditions and the tree.
    #[track_caller]
    pub fn exactly<const N: usize>(self) -> [&'s Span; N] {
        match <[&Span; N]>::try_from(&*self.found) {
            Ok(spans) => spans,
            Err(_) => {
                let expected = match N {
                    1 => "one span".to_owned(),
                    count => format!("{count} spans"),
                };
                let found = self.found.len();
                let (conditions, tree) = (self.conditions.join(", "), self.spans.tree());
                self.spans.fail(&format!(
                    "expected {expected} {conditions}; found {found} in:\n{tree}"
                ))
            }
        }
    }

    /// The remaining spans, in the order of their start.
    pub fn all(self) -> Vec<&'s Span> {
        self.found
    }

    /// The first of the remaining spans, in the order of their start.
    pub fn first(self) -> Option<&'s Span> {
        self.found.first().copied()
    }
}
