//! Checks that hold for every good trace, one call each.

use std::fmt::Write as _;

use opentelemetry::trace::SpanId;

use super::ended;
use super::spans::Spans;
use super::strays::Stray;

/// Threads that are named for the spans of one name.
const MOST_THREADS: usize = 3;

impl Spans {
    /// Fails unless all spans are of one trace.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", { traced::span!("parse", {}) }));
    /// spans.assert_one_trace();
    /// ```
    ///
    /// # Panics
    ///
    /// If there are more traces, or no span at all; the message shows the trees.
    #[track_caller]
    pub fn assert_one_trace(&self) {
        let mut traces: Vec<_> = self.iter().map(|span| span.trace_id()).collect();
        traces.sort_unstable_by_key(|trace| trace.to_bytes());
        traces.dedup();
        let count = traces.len();
        match count {
            1 => {}
            0 => self.fail("expected one trace, found no span"),
            _ => self.fail(&format!(
                "expected one trace, found {count}:\n{}",
                self.tree()
            )),
        }
    }

    /// Fails if the parent of a span is missing: it has not ended, or was not captured. A parent in another
    /// process is none of these spans, and is not missed.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", { traced::span!("parse", {}) }));
    /// spans.assert_no_orphans();
    /// ```
    ///
    /// # Panics
    ///
    /// If there is one; the message names each.
    #[track_caller]
    pub fn assert_no_orphans(&self) {
        let orphans = self.tops().into_iter().filter(|span| {
            let is_remote = span.data().parent_span_is_remote;
            span.parent_id() != SpanId::INVALID && !is_remote
        });
        let lines: Vec<String> = orphans
            .map(|span| {
                let why = match ended::open_name(span.parent_id()) {
                    Some(parent) => format!("its parent {parent:?} has not ended"),
                    None => "its parent is none of these spans".to_owned(),
                };
                format!("  {}: {why}\n", span.name())
            })
            .collect();
        if !lines.is_empty() {
            let (count, lines, tree) = (lines.len(), lines.concat(), self.tree());
            self.fail(&format!(
                "spans without their parent: {count}\n{lines}{tree}"
            ));
        }
    }

    /// Fails if a span started since the capture began without any context, as one does in a thread or a task to
    /// which nobody carried it. Spans of servers and consumers begin traces, so they are not counted.
    ///
    /// A span that lost its context cannot say which test it is of, so it is told to each test that captured
    /// meanwhile. What runs on the own thread of a test that captures nothing is left out; what such a test
    /// spawns is not, so give it a capture too, or run each test in a process of its own (nextest does).
    ///
    /// ```should_panic
    /// # use traced::testing::Capture;
    /// let capture = Capture::new();
    /// let attached = capture.context().attach();
    /// std::thread::spawn(|| traced::span!("load", {})).join().unwrap(); // nobody carries the context
    /// capture.spans().assert_no_lost_context();
    /// ```
    ///
    /// # Panics
    ///
    /// If there is one; the message says of each name how many of its spans, and on which threads.
    #[track_caller]
    pub fn assert_no_lost_context(&self) {
        let strays = self.source.since().strays();
        if strays.is_empty() {
            return;
        }
        let count = strays.len();
        let lines = self.counted(&strays);
        self.fail(&format!(
            "spans that started without the context of a test: {count}\n{lines}\
             carry it there: annotate the function that spawns, or use `traced::carry` or `traced::carry_fn`\n\
             the other spans:\n{}",
            self.tree()
        ));
    }

    /// How many spans of each name are strays, of how many, and on which threads: a line for each name.
    fn counted(&self, strays: &[Stray]) -> String {
        let mut lines = String::new();
        let mut told: Vec<&str> = Vec::new();
        for Stray { name, .. } in strays {
            if told.contains(&&**name) {
                continue;
            }
            told.push(name);
            let lost: Vec<&Stray> = strays.iter().filter(|stray| stray.name == *name).collect();
            let all = lost.len() + self.all_named(name).len();
            let mut threads: Vec<String> = lost.iter().map(|stray| stray.place()).collect();
            threads.sort_unstable();
            threads.dedup();
            let more = threads.len().saturating_sub(MOST_THREADS);
            threads.truncate(MOST_THREADS);
            let places = threads.join(", ");
            let _ = write!(lines, "  {name}: {} of {all}, {places}", lost.len());
            if more > 0 {
                let _ = write!(lines, " and {more} more");
            }
            lines.push('\n');
        }
        lines
    }
}
