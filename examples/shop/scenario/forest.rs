//! Trees of spans: as outlines, which are compared, and as pictures, which are printed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use crate::outline::Outline;
use crate::spans::{Id, Span, Trace};

/// The attributes that are shown beside a span's name.
const TOLD: [&str; 3] = [
    "http.response.status_code",
    "rpc.status_code",
    "db.response.status_code",
];

/// The boolean attributes that are shown when they are true.
const FLAGS: [(&str, &str); 2] = [
    ("shop.redelivered", "redelivered"),
    ("traced.cancelled", "cancelled"),
];

/// The span of a wait for a connection of the pool.
const ACQUIRE: &str = "acquire connection";

/// The spans with their children by parent.
pub(crate) struct Forest<'s> {
    spans: Vec<&'s Span>,
    by_id: HashMap<&'s Id, &'s Span>,
}

impl<'s> Forest<'s> {
    pub(crate) fn of(spans: &'s [Span]) -> Self {
        let mut in_order: Vec<_> = spans.iter().collect();
        in_order.sort_by_key(|span| span.start);
        Forest {
            by_id: spans.iter().map(|span| (&span.id, span)).collect(),
            spans: in_order,
        }
    }

    pub(crate) fn traces(&self) -> BTreeSet<&'s Trace> {
        self.spans.iter().map(|span| &span.id.0).collect()
    }

    /// The other traces with a link to this one.
    pub(crate) fn linked_to(&self, trace: &Trace) -> BTreeSet<&'s Trace> {
        let from_elsewhere = self.spans.iter().filter(|span| span.id.0 != *trace);
        from_elsewhere
            .filter(|span| span.links.iter().any(|(linked, _)| linked == trace))
            .map(|span| &span.id.0)
            .collect()
    }

    /// Faults of any trace: orphans, links to missing spans, repeated spans.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for span in &self.spans {
            let line = self.line(span);
            if span.parent.is_some() && self.parent(span).is_none() {
                faults.push(format!("an orphan, whose parent never arrived: {line}"));
            }
            if span.links.iter().any(|link| !self.by_id.contains_key(link)) {
                faults.push(format!("a link to a span that never arrived: {line}"));
            }
            if !std::ptr::eq(self.by_id[&span.id], *span) {
                faults.push(format!("arrived twice: {line}"));
            }
        }
        faults
    }

    fn parent(&self, span: &Span) -> Option<&'s Span> {
        self.by_id.get(span.parent.as_ref()?).copied()
    }

    /// The root spans of a trace; an orphan counts as a root.
    pub(crate) fn roots(&self, trace: &Trace) -> impl Iterator<Item = &'s Span> {
        let of_trace = self.spans.iter().filter(move |span| span.id.0 == *trace);
        of_trace.filter(|span| self.parent(span).is_none()).copied()
    }

    pub(crate) fn named(&self, name: &str, trace: &Trace) -> impl Iterator<Item = &'s Span> {
        let is_it = move |span: &&&Span| span.id.0 == *trace && span.name == name;
        self.spans.iter().filter(is_it).copied()
    }

    fn below(&self, span: &Span) -> impl Iterator<Item = &'s Span> {
        let is_child = |other: &&&Span| other.parent.as_ref() == Some(&span.id);
        self.spans.iter().filter(is_child).copied()
    }

    pub(crate) fn outline(&self, trace: &Trace) -> Outline {
        Outline::of(self.roots(trace).map(|root| self.outline_of(root)))
    }

    fn outline_of(&self, span: &Span) -> (String, Outline) {
        let line = format!("{} {}", span.service, self.line(span));
        // A busy machine decides whether a statement waits long enough for its connection.
        let below = self.below(span).filter(|span| span.name != ACQUIRE);
        let below = below.map(|span| self.outline_of(span));
        (line, Outline::of(below))
    }

    /// `POST /orders server ✗ 503 (retry) -> send audit`
    fn line(&self, span: &Span) -> String {
        let mut words = vec![span.name.clone()];
        if !span.kind.is_empty() {
            words.push(span.kind.to_owned());
        }
        if span.is_error {
            words.push("✗".to_owned());
        }
        words.extend(
            TOLD.iter()
                .filter_map(|key| span.attributes.get(*key).cloned()),
        );
        let flags = FLAGS.iter().filter(|(key, _)| span.is(key));
        words.extend(flags.map(|(_, flag)| (*flag).to_owned()));
        let events = span.events.iter().filter(|event| *event != "exception");
        words.extend(events.map(|event| format!("({event})")));
        if !span.links.is_empty() {
            words.push(format!("-> {}", self.linked(span)));
        }
        words.join(" ")
    }

    /// The names of the spans that a span links to, and how many there are of each.
    fn linked(&self, span: &Span) -> String {
        let mut linked = BTreeMap::new();
        for link in &span.links {
            let name = self.by_id.get(link).map_or("?", |span| &span.name);
            *linked.entry(name).or_insert(0) += 1;
        }
        let linked = linked.into_iter().map(|(name, count)| match count {
            1 => name.to_owned(),
            _ => format!("{count} × {name}"),
        });
        linked.collect::<Vec<_>>().join(", ")
    }

    /// A picture of a trace: services on the left, durations on the right.
    pub(crate) fn picture(&self, trace: &Trace) -> String {
        let mut picture = String::new();
        for root in self.roots(trace) {
            self.draw(root, "", "", &mut picture);
        }
        picture
    }

    fn draw(&self, span: &Span, branch: &str, trunk: &str, picture: &mut String) {
        let line = format!("{branch}{}", self.line(span));
        // Writing to a `String` does not fail.
        let _ = writeln!(
            picture,
            "{:8} {line:76} {:>8.2} ms",
            span.service,
            span.took_ms()
        );
        let mut below = self.below(span).peekable();
        while let Some(child) = below.next() {
            let (branch, further) = match below.peek() {
                Some(_) => ("├─ ", "│  "),
                None => ("└─ ", "   "),
            };
            let (branch, further) = (format!("{trunk}{branch}"), format!("{trunk}{further}"));
            self.draw(child, &branch, &further, picture);
        }
    }
}
