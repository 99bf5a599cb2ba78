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
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", {}));
    /// assert_eq!(spans.find().all().len(), 1);
    /// ```
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
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", {}));
    /// let short = spans.find().matching("with a short name", |span| span.name().len() < 5);
    /// assert_eq!(short.one().name(), "load");
    /// ```
    pub fn matching(mut self, condition: impl Into<String>, fits: impl Fn(&Span) -> bool) -> Self {
        self.found.retain(|span| fits(span));
        self.conditions.push(condition.into());
        self
    }

    /// Keeps the spans with this name, in which `*` stands for any text.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", {}));
    /// assert_eq!(spans.find().name("lo*").all().len(), 1);
    /// ```
    pub fn name(self, name: &str) -> Self {
        self.matching(format!("named {name:?}"), |span| matches(name, span.name()))
    }

    /// Keeps the spans of this kind.
    ///
    /// ```
    /// # use traced::{opentelemetry::trace::SpanKind, testing::capture};
    /// #[traced::traced(kind = "client")]
    /// fn load() {}
    ///
    /// let ((), spans) = capture(load);
    /// assert_eq!(spans.find().kind(SpanKind::Client).one().name(), "load");
    /// ```
    pub fn kind(self, kind: SpanKind) -> Self {
        let condition = format!("of kind {kind:?}").to_lowercase();
        self.matching(condition, |span| *span.kind() == kind)
    }

    /// Keeps the spans with this value of the attribute.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", id = 7, {}));
    /// assert_eq!(spans.find().attribute("id", 7).one().name(), "load");
    /// ```
    pub fn attribute(self, key: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.matching(format!("with {key}={value}"), |span| {
            span.attribute(key).as_ref() == Some(&value)
        })
    }

    /// Keeps the spans that have the attribute, with any value.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", id = 7, {}));
    /// assert_eq!(spans.find().has_attribute("id").all().len(), 1);
    /// ```
    pub fn has_attribute(self, key: &str) -> Self {
        self.matching(format!("with {key}"), |span| span.attribute(key).is_some())
    }

    /// Keeps the spans with an event of this name.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("pay", { traced::event!("declined") }));
    /// assert_eq!(spans.find().event("declined").one().name(), "pay");
    /// ```
    pub fn event(self, name: &str) -> Self {
        self.matching(format!("with an event named {name:?}"), |span| {
            span.event_names().contains(&name)
        })
    }

    /// Keeps the spans whose status is Error.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// #[traced::traced]
    /// fn port(text: &str) -> Result<u16, std::num::ParseIntError> {
    ///     text.parse()
    /// }
    ///
    /// let (_, spans) = capture(|| port("http"));
    /// assert_eq!(spans.find().failed().one().name(), "port");
    /// ```
    pub fn failed(self) -> Self {
        self.matching("that failed", Span::has_failed)
    }

    /// Keeps the spans without a parent.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("handle", { traced::span!("load", {}) }));
    /// assert_eq!(spans.find().root().one().name(), "handle");
    /// ```
    pub fn root(self) -> Self {
        self.matching("without a parent", Span::is_root)
    }

    /// Keeps the children of `parent`.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("handle", { traced::span!("load", {}) }));
    /// assert_eq!(spans.find().child_of(spans.named("handle")).one().name(), "load");
    /// ```
    pub fn child_of(self, parent: &Span) -> Self {
        self.matching(
            format!("that are children of {:?}", parent.name()),
            |span| span.is_child_of(parent),
        )
    }

    /// Keeps the children of `ancestor`, their children, and so on.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| {
    ///     traced::span!("handle", { traced::span!("load", { traced::span!("parse", {}) }) })
    /// });
    /// assert_eq!(spans.find().below(spans.named("handle")).all().len(), 2);
    /// ```
    pub fn below(self, ancestor: &Span) -> Self {
        let spans = self.spans;
        self.matching(format!("below {:?}", ancestor.name()), |span| {
            let mut ancestors = spans.ancestors_of(span).into_iter();
            ancestors.any(|known| known.id() == ancestor.id())
        })
    }

    /// Keeps the spans with a link to `other`.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// #[traced::traced(root, links = [sender])]
    /// fn handle(sender: traced::opentelemetry::Context) {}
    ///
    /// let ((), spans) = capture(|| {
    ///     traced::span!("send", { handle(traced::opentelemetry::Context::current()) })
    /// });
    /// assert_eq!(spans.find().linked_to(spans.named("send")).one().name(), "handle");
    /// ```
    pub fn linked_to(self, other: &Span) -> Self {
        self.matching(format!("linked to {:?}", other.name()), |span| {
            span.is_linked_to(other)
        })
    }

    /// Keeps the spans of this instrumentation scope, which is usually a package.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// #[traced::traced(scope = "shop.orders")]
    /// fn load() {}
    ///
    /// let ((), spans) = capture(load);
    /// assert_eq!(spans.find().scope("shop.orders").one().name(), "load");
    /// ```
    pub fn scope(self, scope: &str) -> Self {
        self.matching(format!("of scope {scope:?}"), |span| span.scope() == scope)
    }

    /// The only span that matches.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", {}));
    /// assert!(spans.find().name("load").one().is_root());
    /// ```
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
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| { traced::span!("load", {}); traced::span!("load", {}) });
    /// assert_eq!(spans.find().name("load").all().len(), 2);
    /// ```
    pub fn all(self) -> Vec<&'s Span> {
        self.found
    }

    /// The first of the remaining spans, in the order of their start.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| { traced::span!("load", {}); traced::span!("save", {}) });
    /// assert_eq!(spans.find().first().unwrap().name(), "load");
    /// assert!(spans.find().name("delete").first().is_none());
    /// ```
    pub fn first(self) -> Option<&'s Span> {
        self.found.first().copied()
    }
}
