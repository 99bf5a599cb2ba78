//! The open spans, and those that are open for too long or start too late. Nothing here reads a
//! clock or prints.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use opentelemetry::trace::{SpanContext, SpanId, TraceId};

use super::kind::LongLivedKind;
use crate::call_site::CallSite;

pub(super) type Key = (TraceId, SpanId);

/// The greatest number of open spans that are kept.
const MOST_OPEN: usize = 65_536;

/// The greatest number of ended parents whose late children are counted.
const MOST_PARENTS: usize = 4096;

/// The greatest number of call sites, or names of spans without one, that are reported.
const MOST_FOUND: usize = 256;

/// How many children of an ended parent have to start, and over how much time, to be reported: a request may rightly
/// leave some work behind, but not so much.
const LATE_CHILDREN: u32 = 10;
const LATE_FOR: Duration = Duration::from_secs(10);

/// A span that starts.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) key: Key,
    /// Invalid for a root.
    pub(super) parent: SpanId,
    pub(super) parent_has_ended: bool,
    pub(super) name: Cow<'static, str>,
    pub(super) site: Option<&'static CallSite>,
}

/// A mistake to be reported.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) kind: LongLivedKind,
    pub(super) name: Cow<'static, str>,
    pub(super) site: Option<&'static CallSite>,
    pub(super) duration: Duration,
}

/// A span that is open.
#[derive(Debug)]
pub(super) struct Open {
    parent: SpanId,
    name: Cow<'static, str>,
    site: Option<&'static CallSite>,
    since: Instant,
}

/// The spans that started below an ended one.
#[derive(Debug)]
struct Late {
    count: u32,
    since: Instant,
}

/// A call site by its address, or a span by its name; each is reported once.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Who {
    Site(usize),
    Name(Cow<'static, str>),
}

impl Who {
    fn of(site: Option<&'static CallSite>, name: Cow<'static, str>) -> Self {
        match site {
            Some(site) => Who::Site(std::ptr::from_ref(site) as usize),
            None => Who::Name(name),
        }
    }
}

#[derive(Debug)]
pub(super) struct OpenSpans {
    /// How long a span may be open.
    long: Duration,
    open: HashMap<Key, Open>,
    late: HashMap<Key, Late>,
    found: HashSet<(LongLivedKind, Who)>,
    is_closed: bool,
}

impl OpenSpans {
    pub(super) fn new(long: Duration) -> Self {
        OpenSpans {
            long,
            open: HashMap::new(),
            late: HashMap::new(),
            found: HashSet::new(),
            is_closed: false,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    /// Notes a span that starts; returns the mistake if it is one too many below a span that has ended.
    pub(super) fn started(&mut self, span: Started, now: Instant) -> Option<Found> {
        let parent = (span.key.0, span.parent);
        let is_late = span.parent_has_ended && !self.open.contains_key(&parent);
        let late_for = match is_late {
            true => self.late_for(parent, now),
            false => None,
        };
        let found = late_for.and_then(|duration| {
            let who = Who::of(span.site, span.name.clone());
            self.is_new(LongLivedKind::StartedLate, who).then(|| Found {
                kind: LongLivedKind::StartedLate,
                name: span.name.clone(),
                site: span.site,
                duration,
            })
        });
        if self.open.len() < MOST_OPEN {
            self.open.insert(
                span.key,
                Open {
                    parent: span.parent,
                    name: span.name,
                    site: span.site,
                    since: now,
                },
            );
        }
        found
    }

    /// Removes a span that has ended; returns it, so that its name is freed without the lock.
    pub(super) fn ended(&mut self, span: &SpanContext) -> Option<Open> {
        self.open.remove(&key_of(span))
    }

    /// Counts one more span below an ended parent; returns the time since the first if they are too many over too long.
    fn late_for(&mut self, parent: Key, now: Instant) -> Option<Duration> {
        // Parents whose children keep starting are soon counted again.
        if self.late.len() >= MOST_PARENTS && !self.late.contains_key(&parent) {
            self.late.clear();
        }
        let late = self.late.entry(parent).or_insert(Late {
            count: 0,
            since: now,
        });
        late.count = late.count.saturating_add(1);
        let duration = now.saturating_duration_since(late.since);
        (late.count >= LATE_CHILDREN && duration >= LATE_FOR).then_some(duration)
    }

    /// Whether it was not reported before, and there is room to remember it.
    fn is_new(&mut self, kind: LongLivedKind, who: Who) -> bool {
        self.found.len() < MOST_FOUND && self.found.insert((kind, who))
    }

    /// The spans that have been open for too long, were not reported, and whose parent is not open.
    pub(super) fn open_for_long(&mut self, now: Instant) -> Vec<Found> {
        let long = self.open.iter().filter(|(key, span)| {
            now.saturating_duration_since(span.since) >= self.long
                && !self.open.contains_key(&(key.0, span.parent))
        });
        let mut long: Vec<Found> = long
            .map(|(_, span)| Found {
                kind: LongLivedKind::OpenForLong,
                name: span.name.clone(),
                site: span.site,
                duration: now.saturating_duration_since(span.since),
            })
            .collect();
        long.retain(|found| {
            self.is_new(
                LongLivedKind::OpenForLong,
                Who::of(found.site, found.name.clone()),
            )
        });
        long
    }

    /// How long to sleep: until the next span may have been open for too long.
    ///
    /// At most half of the time that a span may be open, after which spans with an open parent are checked again, as the
    /// parent may have ended. At least a sixteenth of it, as every check goes through all open spans while starts and
    /// ends wait, and under load some span is about to have been open for too long at any time.
    pub(super) fn pause(&self, now: Instant) -> Duration {
        let ages = self.open.values();
        let ages = ages.map(|span| now.saturating_duration_since(span.since));
        let left = ages.filter_map(|age| self.long.checked_sub(age));
        let left = left.filter(|left| !left.is_zero()).min();
        let shortest = (self.long / 16).max(SHORTEST_PAUSE);
        let longest = (self.long / 2).max(shortest);
        left.unwrap_or(longest).clamp(shortest, longest)
    }
}

/// Keeps the thread from spinning, however short the configured time is.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

pub(super) fn key_of(span: &SpanContext) -> Key {
    (span.trace_id(), span.span_id())
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanKind, TraceFlags, TraceState};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    static SERVE: CallSite = CallSite::new("serve", SpanKind::Internal, "shop", "1", "shop");
    static WORK: CallSite = CallSite::new("work", SpanKind::Internal, "shop", "1", "shop");

    fn span(id: u64, parent: u64, parent_has_ended: bool, site: &'static CallSite) -> Started {
        Started {
            key: (TraceId::from(1), SpanId::from(id)),
            parent: SpanId::from(parent),
            parent_has_ended,
            name: Cow::Borrowed(site.name),
            site: Some(site),
        }
    }

    fn context(id: u64) -> SpanContext {
        let flags = TraceFlags::SAMPLED;
        SpanContext::new(
            TraceId::from(1),
            SpanId::from(id),
            flags,
            false,
            TraceState::default(),
        )
    }

    fn names(found: &[Found]) -> Vec<&str> {
        found.iter().map(|found| &*found.name).collect()
    }

    #[test]
    fn the_topmost_span_that_is_open_for_long_is_reported_once_for_each_call_site() {
        let (mut spans, start) = (OpenSpans::new(LONG), Instant::now());
        spans.started(span(1, 0, false, &SERVE), start);
        spans.started(span(2, 1, false, &WORK), start);
        spans.started(span(3, 0, false, &SERVE), start);
        assert_eq!(spans.pause(start), LONG / 2);
        let almost = start + LONG - Duration::from_secs(10);
        assert!(spans.open_for_long(almost).is_empty());
        assert_eq!(spans.pause(almost), Duration::from_secs(10));
        let found = spans.open_for_long(start + LONG);
        assert_eq!(names(&found), ["serve"]);
        assert_eq!(found[0].duration, LONG);
        assert!(spans.open_for_long(start + 2 * LONG).is_empty());
        // A span that outlives its parent is then the topmost open one.
        spans.ended(&context(1));
        assert_eq!(names(&spans.open_for_long(start + 2 * LONG)), ["work"]);
    }

    #[test]
    fn spans_that_grow_old_one_after_the_other_are_not_checked_one_by_one() {
        let (mut spans, start) = (OpenSpans::new(LONG), Instant::now());
        for id in 1..=60 {
            let after = Duration::from_secs(id);
            spans.started(span(id, 0, false, &WORK), start + after);
        }
        assert_eq!(spans.pause(start + LONG), LONG / 16);
        // However short the time is, the thread sleeps.
        assert_eq!(OpenSpans::new(Duration::ZERO).pause(start), SHORTEST_PAUSE);
    }

    #[test]
    fn a_span_that_ends_in_time_is_not_reported() {
        let (mut spans, start) = (OpenSpans::new(LONG), Instant::now());
        spans.started(span(1, 0, false, &SERVE), start);
        spans.ended(&context(1));
        assert!(spans.open_for_long(start + 2 * LONG).is_empty());
    }

    /// The number of reports about `count` spans that start below one parent, spread evenly over the time `over`.
    fn late(count: u64, over: Duration, has_ended: bool, is_open: bool) -> usize {
        let (mut spans, start) = (OpenSpans::new(LONG), Instant::now());
        if is_open {
            spans.started(span(1, 0, false, &SERVE), start);
        }
        let steps = u32::try_from(count - 1).unwrap();
        let found = (0..count).filter_map(|index| {
            let now = start + over * u32::try_from(index).unwrap() / steps;
            let found = spans.started(span(2 + index, 1, has_ended, &WORK), now);
            spans.ended(&context(2 + index));
            found
        });
        found.count()
    }

    #[test]
    fn spans_that_start_again_and_again_below_one_that_has_ended_are_reported_once() {
        assert_eq!(late(10, LATE_FOR, true, false), 1);
        assert_eq!(late(100, 10 * LATE_FOR, true, false), 1);
    }

    #[test]
    fn work_that_a_request_leaves_behind_is_not_reported() {
        // Many at once, a few over a long time, and children of a parent that is open or unknown.
        assert_eq!(
            late(1000, LATE_FOR - Duration::from_millis(1), true, false),
            0
        );
        assert_eq!(late(9, 10 * LATE_FOR, true, false), 0);
        assert_eq!(late(100, 10 * LATE_FOR, false, false), 0);
        assert_eq!(late(100, 10 * LATE_FOR, true, true), 0);
    }

    #[test]
    fn everything_that_is_kept_is_bounded() {
        let (mut spans, start) = (OpenSpans::new(LONG), Instant::now());
        for id in 1..=70_000 {
            let mut started = span(id, id + 100_000, true, &WORK);
            started.name = Cow::Owned(format!("name {id}"));
            started.site = None;
            spans.started(started, start);
        }
        assert_eq!(spans.open.len(), MOST_OPEN);
        assert!(spans.late.len() <= MOST_PARENTS);
        assert_eq!(spans.open_for_long(start + LONG).len(), MOST_FOUND);
        assert!(spans.open_for_long(start + LONG).is_empty());
    }
}
