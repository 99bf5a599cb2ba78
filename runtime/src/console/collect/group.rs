//! Groups of spans that are printed together.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::SpanData;

use super::super::names::SpanKey;
use crate::call_site::CallSite;

/// The limits of the collector.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct TraceLimits {
    pub(in super::super) traces: usize,
    /// In one trace.
    pub(in super::super) spans: usize,
    /// In all traces together.
    pub(in super::super) all_spans: usize,
    /// How long spans may outlive the last local root before the trace is printed.
    pub(in super::super) grace: Duration,
    /// How long a trace may stay unprinted.
    pub(in super::super) age: Duration,
}

/// A span with its data so far.
#[derive(Clone, Debug)]
pub(in super::super) struct Seen {
    pub(in super::super) data: SpanData,
    /// `None` if it is not known, as only our own provider passes call sites on.
    pub(in super::super) site: Option<&'static CallSite>,
    /// When it started, while it is running.
    pub(in super::super) running_since: Option<Instant>,
    /// Whether it is a local root, whose parent is not in the same group.
    pub(super) root: bool,
    /// Whether the span was printed as running.
    pub(super) shown: bool,
}

impl Seen {
    fn is_news(&self) -> bool {
        !self.shown || self.running_since.is_none()
    }
}

/// A span that starts.
#[derive(Debug)]
pub(in super::super) struct Started {
    pub(in super::super) data: SpanData,
    pub(in super::super) site: Option<&'static CallSite>,
}

impl From<SpanData> for Started {
    fn from(data: SpanData) -> Self {
        Started { data, site: None }
    }
}

/// The first group of a trace, or a later one, whose parent was printed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum TracePart {
    First,
    /// The parent of its spans was printed before they ended.
    Late,
}

/// Why a group is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Cause {
    /// Its local roots have ended.
    Finished,
    /// Time, memory or a flush did not let it finish.
    Unfinished,
}

/// Spans to be printed as one tree.
#[derive(Debug)]
pub(in super::super) struct TraceBatch {
    pub(in super::super) trace: TraceId,
    pub(in super::super) part: TracePart,
    pub(in super::super) cause: Cause,
    /// In order of arrival; never empty.
    pub(in super::super) spans: Vec<Seen>,
    pub(in super::super) dropped: usize,
    /// Names of spans outside the batch that its links and parents mention.
    pub(in super::super) names: HashMap<SpanKey, Cow<'static, str>>,
    pub(in super::super) now: Instant,
}

/// Spans that wait to be printed together.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) trace: TraceId,
    pub(super) part: TracePart,
    pub(super) born: Instant,
    pub(super) spans: Vec<Seen>,
    pub(super) open: usize,
    pub(super) open_roots: usize,
    pub(super) roots_ended: Option<Instant>,
    pub(super) dropped: usize,
    /// Dropped spans that are open. Their children are dropped too, and their ends are ignored. Bounded like the other
    /// spans.
    pub(super) dropped_open: HashSet<SpanId>,
}

impl Group {
    pub(super) fn new(trace: TraceId, part: TracePart, now: Instant) -> Self {
        Group {
            trace,
            part,
            born: now,
            spans: Vec::new(),
            open: 0,
            open_roots: 0,
            roots_ended: None,
            dropped: 0,
            dropped_open: HashSet::new(),
        }
    }

    /// Whether there is something to print. A span that was printed as running is printed again only after it has
    /// ended.
    pub(super) fn has_news(&self) -> bool {
        self.dropped > 0 || self.spans.iter().any(Seen::is_news)
    }

    /// When it must be printed although spans are open; `None` if never.
    pub(super) fn due(&self, limits: &TraceLimits) -> Option<Instant> {
        let grace = self.roots_ended.and_then(|at| at.checked_add(limits.grace));
        let age = self.born.checked_add(limits.age);
        match (grace, age) {
            (Some(grace), Some(age)) => Some(grace.min(age)),
            (one, other) => one.or(other),
        }
    }
}
