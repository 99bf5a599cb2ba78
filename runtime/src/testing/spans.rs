//! The spans of a capture, and the relations between them.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use opentelemetry::trace::Event;

use super::ended::{Ended, Snapshot};
use super::router;
use super::span::Span;

/// The spans of a capture, in the order of their start.
///
/// ```
/// use traced::testing::capture;
///
/// let ((), spans) = capture(|| traced::span!("load", { traced::span!("parse", {}) }));
/// assert_eq!(spans.len(), 2);
/// assert_eq!(spans.iter().next().unwrap().name(), "load");
/// assert_eq!(spans.tree(), "load\n  parse\n");
/// ```
#[derive(Clone, Debug)]
pub struct Spans {
    spans: Vec<Span>,
    open: Vec<Cow<'static, str>>,
    /// Whether something still holds a context of the capture.
    pub(super) is_held: bool,
    /// The number of changes of the capture before these spans were taken.
    pub(super) seen: usize,
    pub(super) source: Ended,
    pub(super) deadline: Duration,
}

/// Long enough for tests that pass, and short enough for a person who waits for one that fails.
const DEADLINE: Duration = Duration::from_secs(5);

impl Drop for Spans {
    fn drop(&mut self) {
        let page = self.source.page();
        if thread::panicking() && page.is_unwritten() {
            page.write_in_unwind(self.iter().map(Span::data));
        }
    }
}

impl Spans {
    /// The spans that have ended so far.
    pub(super) fn of(source: &Ended) -> Self {
        let Snapshot {
            spans,
            open,
            is_held,
            changes,
        } = source.snapshot();
        let mut spans: Vec<Span> = spans.into_iter().map(Span::of).collect();
        spans.sort_by_key(|span| span.data().start_time);
        Spans {
            spans,
            open,
            is_held,
            seen: changes,
            source: source.clone(),
            deadline: DEADLINE,
        }
    }

    /// The only span of this name.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", {}));
    /// assert!(spans.named("load").is_root());
    /// ```
    ///
    /// # Panics
    ///
    /// If there is none, or more than one; the message shows the tree.
    #[track_caller]
    pub fn named(&self, name: &str) -> &Span {
        match self.all_named(name)[..] {
            [span] => span,
            _ if self.is_empty() && !router::is_ours_installed() => {
                let replaced = router::REPLACED;
                panic!("expected one span named {name:?}, found none, as {replaced}")
            }
            ref found => self.fail(&format!(
                "expected one span named {name:?}, found {}:\n{}",
                found.len(),
                self.tree(),
            )),
        }
    }

    /// Every span of this name.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| { traced::span!("load", {}); traced::span!("load", {}) });
    /// assert_eq!(spans.all_named("load").len(), 2);
    /// ```
    pub fn all_named(&self, name: &str) -> Vec<&Span> {
        self.iter().filter(|span| span.name() == name).collect()
    }

    /// All spans.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("handle", { traced::span!("load", {}) }));
    /// let names: Vec<_> = spans.iter().map(|span| span.name()).collect();
    /// assert_eq!(names, ["handle", "load"]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &Span> {
        self.spans.iter()
    }

    /// The number of spans.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", {}));
    /// assert_eq!(spans.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are no spans.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| {});
    /// assert!(spans.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The names of the spans that were open when these were taken, in alphabetical order. Each is the name with which
    /// the span started.
    ///
    /// ```
    /// use traced::testing::{capture, spans};
    ///
    /// let ((), after) = capture(|| {
    ///     traced::span!("answer", {
    ///         traced::span!("load", {});
    ///         assert_eq!(spans().open_names(), ["answer"]);
    ///     })
    /// });
    /// assert!(after.open_names().is_empty());
    /// ```
    pub fn open_names(&self) -> Vec<&str> {
        self.open.iter().map(|name| &**name).collect()
    }

    /// The parent of `span`, if it is one of these spans.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("handle", { traced::span!("load", {}) }));
    /// assert_eq!(spans.parent_of(spans.named("load")).unwrap().name(), "handle");
    /// assert!(spans.parent_of(spans.named("handle")).is_none());
    /// ```
    pub fn parent_of(&self, span: &Span) -> Option<&Span> {
        self.iter().find(|parent| span.is_child_of(parent))
    }

    /// The parent of `span`, its parent, and so on to the root.
    ///
    /// ```
    /// use traced::testing::capture;
    ///
    /// let ((), spans) = capture(|| {
    ///     traced::span!("handle", { traced::span!("load", { traced::span!("parse", {}) }) })
    /// });
    /// let ancestors = spans.ancestors_of(spans.named("parse"));
    /// assert_eq!(ancestors.iter().map(|span| span.name()).collect::<Vec<_>>(), ["load", "handle"]);
    /// ```
    pub fn ancestors_of(&self, span: &Span) -> Vec<&Span> {
        let mut ancestors: Vec<&Span> = Vec::new();
        let mut next = self.parent_of(span);
        while let Some(parent) = next {
            // With ids that a program has made itself, a span may be its own ancestor.
            if ancestors.iter().any(|known| known.id() == parent.id()) {
                break;
            }
            ancestors.push(parent);
            next = self.parent_of(parent);
        }
        ancestors
    }

    /// The children of `span`, in the order of their start.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("handle", { traced::span!("load", {}) }));
    /// assert_eq!(spans.children_of(spans.named("handle"))[0].name(), "load");
    /// ```
    pub fn children_of(&self, span: &Span) -> Vec<&Span> {
        self.iter()
            .filter(|child| child.is_child_of(span))
            .collect()
    }

    /// The tops of the trees: the spans whose parent is not one of these spans.
    pub(super) fn tops(&self) -> Vec<&Span> {
        self.iter()
            .filter(|span| self.parent_of(span).is_none())
            .collect()
    }

    /// The events of all spans, each with its span, in the order of their times.
    ///
    /// ```
    /// use traced::testing::capture;
    ///
    /// let ((), spans) = capture(|| {
    ///     traced::span!("order", {
    ///         traced::span!("pay", { traced::event!("paid") });
    ///         traced::event!("confirmed")
    ///     })
    /// });
    /// let order = spans.events().into_iter().map(|(span, event)| (span.name(), &*event.name));
    /// assert_eq!(order.collect::<Vec<_>>(), [("pay", "paid"), ("order", "confirmed")]);
    /// ```
    pub fn events(&self) -> Vec<(&Span, &Event)> {
        let of = |span| Span::events(span).iter().map(move |event| (span, event));
        let mut events: Vec<_> = self.iter().flat_map(of).collect();
        events.sort_by_key(|(_, event)| event.timestamp);
        events
    }

    /// The spans as an indented tree, with one line per span: name, kind if not internal,
    /// attributes, status if set. It has no ids and times, so a test can compare it with
    /// a text; [`assert_tree!`](super::assert_tree) compares only the properties that matter.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("handle", { traced::span!("load", id = 7, {}) }));
    /// assert_eq!(spans.tree(), "handle\n  load id=7\n");
    /// ```
    pub fn tree(&self) -> String {
        let mut text = String::new();
        for top in self.tops() {
            self.write(top, 0, &mut text);
        }
        text
    }

    fn write(&self, span: &Span, depth: usize, text: &mut String) {
        text.extend(std::iter::repeat_n("  ", depth));
        let _ = writeln!(text, "{}", span.line());
        for child in self.iter().filter(|child| child.is_child_of(span)) {
            self.write(child, depth + 1, text);
        }
    }

    /// Fails the test, with the names of the open spans and the path of the page with these spans.
    #[track_caller]
    pub(super) fn fail(&self, message: &str) -> ! {
        let page = self.source.page().write(self.iter().map(Span::data));
        let page = page.unwrap_or_default();
        let line_break = if message.ends_with('\n') { "" } else { "\n" };
        let open = match &*self.open_names() {
            [] => String::new(),
            names => format!("not ended yet: {}\n", names.join(", ")),
        };
        panic!("{message}{line_break}{open}{page}")
    }
}
