//! Checks that every good trace passes.

use std::fmt::Write as _;

use opentelemetry::trace::SpanId;

use super::ended;
use super::spans::Spans;
use super::strays::Stray;

/// The largest number of threads that are listed for spans of one name.
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
    /// If there is more than one trace, or no span at all; the message shows the trees.
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

    /// Fails if the parent of a span is missing, as it has not ended or was not captured. A parent in another
    /// process does not count as missing.
    ///
    /// ```
    /// # use traced::testing::capture;
    /// let ((), spans) = capture(|| traced::span!("load", { traced::span!("parse", {}) }));
    /// spans.assert_no_orphans();
    /// ```
    ///
    /// # Panics
    ///
    /// If there is such a span; the message names each.
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

    /// Fails if, since the capture began, a span started without any context, for example in a thread or a task to
    /// which the context was not carried. Spans of servers and consumers start traces, so they are not counted.
    ///
    /// A span that lost its context could belong to any test, so it fails this check in every test that captures at
    /// that time. Spans on the thread of another test are not counted; spans in threads that another test
    /// spawns are, so let that test capture too, or run each test in a process of its own (as nextest does).
    ///
    /// ```should_panic
    /// # use traced::testing::Capture;
    /// let capture = Capture::new();
    /// let attached = capture.context().attach();
    /// std::thread::spawn(|| traced::span!("load", {})).join().unwrap(); // the context is not carried
    /// capture.spans().assert_no_lost_context();
    /// ```
    ///
    /// # Panics
    ///
    /// If there is such a span; the message shows for each name the number of spans, and their threads.
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

    /// One line for each name: the number of its stray spans, the number of all its spans, and the threads.
    fn counted(&self, strays: &[Stray]) -> String {
        let mut lines = String::new();
        let mut counted: Vec<&str> = Vec::new();
        for Stray { name, .. } in strays {
            if counted.contains(&&**name) {
                continue;
            }
            counted.push(name);
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
