//! From spans to trees: as outlines, which are compared, and as pictures, which are looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::spans::{Id, Span};

/// What is told of a span besides its name, where it has it.
const TOLD: [&str; 3] = [
    "http.response.status_code",
    "rpc.status_code",
    "db.response.status_code",
];

/// Lines below lines, without an order among siblings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outline {
    line: String,
    below: Vec<Outline>,
}

impl Outline {
    /// The trees that a text draws by indentation, two spaces a step.
    pub(crate) fn read(text: &str) -> Vec<Outline> {
        let mut lines = text.lines().filter(|line| !line.is_empty()).peekable();
        Outline::read_below(&mut lines, 0)
    }

    fn read_below<'t>(
        lines: &mut std::iter::Peekable<impl Iterator<Item = &'t str>>,
        indent: usize,
    ) -> Vec<Outline> {
        let mut trees = Vec::new();
        while let Some(line) = lines.next_if(|line| indent_of(line) == indent) {
            trees.push(Outline {
                line: line.trim().to_owned(),
                below: Outline::read_below(lines, indent + 2),
            });
        }
        trees.sort();
        trees
    }

    pub(crate) fn write(trees: &[Outline]) -> String {
        let mut text = String::new();
        for tree in trees {
            tree.write_to(&mut text, 0);
        }
        text
    }

    fn write_to(&self, text: &mut String, indent: usize) {
        let _ = writeln!(text, "{:indent$}{}", "", self.line);
        for tree in &self.below {
            tree.write_to(text, indent + 2);
        }
    }
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Spans, and how they hang together.
pub(crate) struct Forest<'s> {
    spans: &'s [Span],
}

impl<'s> Forest<'s> {
    pub(crate) fn of(spans: &'s [Span]) -> Self {
        Forest { spans }
    }

    fn find(&self, id: &Id) -> Option<&'s Span> {
        self.spans.iter().find(|span| span.id == *id)
    }

    /// The trace, and the traces whose spans link to it.
    pub(crate) fn linked_to(&self, trace: &[u8]) -> BTreeSet<Vec<u8>> {
        let links_here = |span: &&Span| {
            span.links
                .iter()
                .any(|(linked, _)| linked.as_slice() == trace)
        };
        let mut traces: BTreeSet<_> = self
            .spans
            .iter()
            .filter(links_here)
            .map(|span| span.id.0.clone())
            .collect();
        traces.insert(trace.to_vec());
        traces
    }

    /// What no trace should hold: spans whose parent is nowhere, links to nowhere.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for span in self.spans {
            let line = self.line(span);
            if span
                .parent
                .as_ref()
                .is_some_and(|parent| self.find(parent).is_none())
            {
                faults.push(format!("an orphan, its parent never arrived: {line}"));
            }
            if span.links.iter().any(|link| self.find(link).is_none()) {
                faults.push(format!("a link to a span that never arrived: {line}"));
            }
            if self
                .spans
                .iter()
                .filter(|other| other.id == span.id)
                .count()
                > 1
            {
                faults.push(format!("arrived twice: {line}"));
            }
        }
        faults
    }

    /// Where the trees of a trace begin: also at spans whose parent is missing.
    pub(crate) fn roots(&self, trace: &[u8]) -> Vec<&'s Span> {
        let is_root = |span: &&Span| {
            let parent = span.parent.as_ref();
            span.trace() == trace && parent.is_none_or(|parent| self.find(parent).is_none())
        };
        in_order(self.spans.iter().filter(is_root))
    }

    fn below(&self, parent: &Span) -> Vec<&'s Span> {
        let is_child = |span: &&Span| span.parent.as_ref() == Some(&parent.id);
        in_order(self.spans.iter().filter(is_child))
    }

    pub(crate) fn outline(&self, trace: &[u8]) -> Vec<Outline> {
        let mut roots: Vec<_> = self
            .roots(trace)
            .into_iter()
            .map(|root| self.outline_of(root))
            .collect();
        roots.sort();
        roots
    }

    fn outline_of(&self, span: &Span) -> Outline {
        let mut below: Vec<_> = self
            .below(span)
            .into_iter()
            .map(|span| self.outline_of(span))
            .collect();
        below.sort();
        Outline {
            line: format!("{} {}", span.service, self.line(span)),
            below,
        }
    }

    /// `POST /orders server ✗ 503 (retry) -> send audit`
    fn line(&self, span: &Span) -> String {
        let mut line = span.name.clone();
        if !span.kind.is_empty() {
            let _ = write!(line, " {}", span.kind);
        }
        if span.is_error {
            line.push_str(" ✗");
        }
        for told in TOLD.iter().filter_map(|key| span.attributes.get(*key)) {
            let _ = write!(line, " {told}");
        }
        if span
            .attributes
            .get("shop.redelivered")
            .is_some_and(|value| value == "true")
        {
            line.push_str(" redelivered");
        }
        let events = span.events.iter().filter(|event| *event != "exception");
        for event in events {
            let _ = write!(line, " ({event})");
        }
        for (index, (name, count)) in self.linked(span).into_iter().enumerate() {
            line.push_str(if index == 0 { " -> " } else { ", " });
            if count > 1 {
                let _ = write!(line, "{count} × ");
            }
            line.push_str(name);
        }
        line
    }

    /// The names of the spans that a span links to, and how many there are of each.
    fn linked(&self, span: &Span) -> BTreeMap<&'s str, usize> {
        let mut linked = BTreeMap::new();
        for link in &span.links {
            let name = self.find(link).map_or("?", |span| &span.name);
            *linked.entry(name).or_default() += 1;
        }
        linked
    }

    /// A picture of a trace: services on the left, how long on the right.
    pub(crate) fn picture(&self, trace: &[u8]) -> String {
        let mut text = String::new();
        for root in self.roots(trace) {
            self.draw(&mut text, root, "", "");
        }
        text
    }

    fn draw(&self, text: &mut String, span: &Span, before: &str, before_below: &str) {
        let took = span.end.saturating_sub(span.start) / 1_000;
        let took = format!("{}.{:02} ms", took / 1_000, took % 1_000 / 10);
        let line = format!("{before}{}", self.line(span));
        let _ = writeln!(text, "{:8} {line:76} {took:>11}", span.service);
        let below = self.below(span);
        for (index, child) in below.iter().enumerate() {
            let is_last = index + 1 == below.len();
            let (branch, trunk) = if is_last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            let (before, before_below) = (
                format!("{before_below}{branch}"),
                format!("{before_below}{trunk}"),
            );
            self.draw(text, child, &before, &before_below);
        }
    }
}

fn in_order<'s>(spans: impl Iterator<Item = &'s Span>) -> Vec<&'s Span> {
    let mut spans: Vec<_> = spans.collect();
    spans.sort_by_key(|span| span.start);
    spans
}
