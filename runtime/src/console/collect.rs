//! Collects spans by trace and decides when a trace is ready to be printed.
//!
//! Nothing here reads a clock or writes: every call gets the time and returns what is to be printed now,
//! so that the caller prints without the lock.

mod group;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use opentelemetry::trace::{SpanContext, TraceId};
use opentelemetry_sdk::trace::SpanData;

use self::group::Group;
pub(super) use self::group::{Cause, Seen, Started, TraceBatch, TraceLimits, TracePart};
use super::names::{Names, SpanKey};

/// Groups are numbered in the order of their start, so the first key is the oldest.
type GroupKey = u64;

/// The greatest number of traces that are remembered as given up. Each has a span that is still open.
const GIVEN_UP: usize = 65_536;

/// The position of a span for which its group has no room.
const DROPPED: usize = usize::MAX;

/// Every span that is not printed yet.
#[derive(Debug)]
pub(super) struct Collector {
    limits: TraceLimits,
    groups: BTreeMap<GroupKey, Group>,
    next: GroupKey,
    /// The unprinted group of a trace, which further local roots of the trace join.
    fresh: HashMap<TraceId, GroupKey>,
    /// The place of every unprinted span: its group, and its index in the group.
    places: HashMap<SpanKey, (GroupKey, usize)>,
    printed: Names,
    /// Traces that were printed unfinished because there was no room for them, with the number of their open
    /// spans, which are not printed later, as each trace would then be printed twice.
    given_up: HashMap<TraceId, usize>,
    /// How many times a trace began to wait for spawned spans.
    graces: u64,
}

impl Collector {
    pub(super) fn new(limits: TraceLimits) -> Self {
        Collector {
            limits,
            groups: BTreeMap::new(),
            next: 0,
            fresh: HashMap::new(),
            places: HashMap::new(),
            printed: Names::default(),
            given_up: HashMap::new(),
            graces: 0,
        }
    }

    /// Notes a span that started. Returns the oldest trace if there is no room for another.
    pub(super) fn start(&mut self, span: impl Into<Started>, now: Instant) -> Vec<TraceBatch> {
        let Started { data, site } = span.into();
        let key = key_of(&data.span_context);
        let parent = self.places.get(&(key.0, data.parent_span_id)).copied();
        let group_key = match (parent, self.given_up.get_mut(&key.0)) {
            (Some((group, _)), _) => group,
            (None, Some(open)) => {
                *open += 1;
                return Vec::new();
            }
            (None, None) => self.group_without_parent(&data, now),
        };
        let Some(group) = self.groups.get_mut(&group_key) else {
            return Vec::new();
        };
        if group.spans.len() >= self.limits.spans {
            group.dropped += 1;
            if group.dropped_open.len() < self.limits.spans {
                group.dropped_open.insert(key.1);
                self.places.insert(key, (group_key, DROPPED));
            }
            return Vec::new();
        }
        self.places.insert(key, (group_key, group.spans.len()));
        group.open += 1;
        if parent.is_none() {
            group.open_roots += 1;
            group.roots_ended = None;
        }
        group.spans.push(Seen {
            data,
            site,
            running_since: Some(now),
            root: parent.is_none(),
            shown: false,
        });
        self.make_room(group_key, now)
    }

    /// Notes a span that ended. Returns its group if no other span of it is open.
    pub(super) fn end(&mut self, data: SpanData, now: Instant) -> Option<TraceBatch> {
        let key = key_of(&data.span_context);
        let Some(&(group_key, position)) = self.places.get(&key) else {
            return match self.is_given_up(key.0) {
                true => None,
                false => self.end_of_unknown(data, now),
            };
        };
        let group = self.groups.get_mut(&group_key)?;
        if position == DROPPED {
            group.dropped_open.remove(&key.1);
            self.places.remove(&key);
            return None;
        }
        let seen = group.spans.get_mut(position)?;
        seen.running_since.take()?;
        seen.data = data;
        group.open -= 1;
        if seen.root {
            group.open_roots -= 1;
        }
        if group.open == 0 {
            return self.take(group_key, Cause::Finished, now);
        }
        if group.open_roots == 0 && group.roots_ended.is_none() {
            group.roots_ended = Some(now);
            self.graces += 1;
        }
        None
    }

    /// Everything that is due.
    pub(super) fn due(&mut self, now: Instant) -> Vec<TraceBatch> {
        let limits = self.limits;
        let is_due = |group: &Group| group.due(&limits).is_some_and(|at| at <= now);
        let due: Vec<_> = self.keys(is_due);
        due.into_iter()
            .filter_map(|key| self.part(key, now))
            .collect()
    }

    /// When something will be due next; `None` if nothing waits.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let groups = self.groups.values();
        groups.filter_map(|group| group.due(&self.limits)).min()
    }

    /// Changes whenever [`next_due`](Self::next_due) may have become earlier, other than by
    /// a new trace.
    pub(super) fn graces(&self) -> u64 {
        self.graces
    }

    /// Everything, finished or not. Spans that still run are late from now on.
    pub(super) fn flush(&mut self, now: Instant) -> Vec<TraceBatch> {
        let news: Vec<_> = self.keys(Group::has_news);
        news.into_iter()
            .filter_map(|key| self.part(key, now))
            .collect()
    }

    fn keys(&self, wanted: impl Fn(&Group) -> bool) -> Vec<GroupKey> {
        let groups = self.groups.iter().filter(|(_, group)| wanted(group));
        groups.map(|(&key, _)| key).collect()
    }

    /// The group of a span whose parent is in another process or was already printed.
    fn group_without_parent(&mut self, data: &SpanData, now: Instant) -> GroupKey {
        let trace = data.span_context.trace_id();
        if let Some(&fresh) = self.fresh.get(&trace) {
            return fresh;
        }
        match self.printed.get(&(trace, data.parent_span_id)) {
            Some(_) => self.add(Group::new(trace, TracePart::Late, now)),
            None => {
                let key = self.add(Group::new(trace, TracePart::First, now));
                self.fresh.insert(trace, key);
                key
            }
        }
    }

    fn add(&mut self, group: Group) -> GroupKey {
        let key = self.next;
        self.next += 1;
        self.groups.insert(key, group);
        key
    }

    /// Gives up the oldest groups, except `kept`, while there are too many.
    fn make_room(&mut self, kept: GroupKey, now: Instant) -> Vec<TraceBatch> {
        let mut batches = Vec::new();
        while self.groups.len() > self.limits.traces || self.places.len() > self.limits.all_spans {
            let mut groups = self.groups.iter().filter(|&(&key, _)| key != kept);
            let Some((&oldest, group)) = groups.next() else {
                break;
            };
            let (trace, open) = (group.trace, group.open + group.dropped_open.len());
            let Some(batch) = self.take(oldest, Cause::Unfinished, now) else {
                continue;
            };
            if open > 0 && self.given_up.len() < GIVEN_UP {
                *self.given_up.entry(trace).or_default() += open;
            }
            batches.push(batch);
        }
        batches
    }

    /// Whether the trace of a span that has ended was given up.
    fn is_given_up(&mut self, trace: TraceId) -> bool {
        let Some(open) = self.given_up.get_mut(&trace) else {
            return false;
        };
        *open -= 1;
        if *open == 0 {
            self.given_up.remove(&trace);
        }
        true
    }

    /// Handles the end of an unknown span: there was no room to keep it after it was printed as running.
    fn end_of_unknown(&mut self, data: SpanData, now: Instant) -> Option<TraceBatch> {
        let trace = data.span_context.trace_id();
        let fresh = self.fresh.get(&trace).and_then(|key| self.groups.get(key));
        if fresh.is_some_and(|group| group.dropped > 0) {
            return None;
        }
        let mut group = Group::new(trace, TracePart::Late, now);
        group.spans.push(Seen {
            data,
            site: None,
            running_since: None,
            root: true,
            shown: false,
        });
        Some(self.batch(group, Cause::Finished, now))
    }

    /// Returns a group although spans of it are open, and keeps those to be printed by themselves.
    fn part(&mut self, key: GroupKey, now: Instant) -> Option<TraceBatch> {
        let group = self.groups.get_mut(&key)?;
        if !group.has_news() {
            group.born = now;
            return None;
        }
        let roots_ended = group.open_roots == 0;
        let cause = if roots_ended {
            Cause::Finished
        } else {
            Cause::Unfinished
        };
        let batch = self.take(key, cause, now)?;
        let running = batch.spans.iter().filter(|s| s.running_since.is_some());
        for seen in running.cloned() {
            self.wait_for(seen, now);
        }
        Some(batch)
    }

    /// Keeps a span that was printed as running, with its running parent if it has one.
    fn wait_for(&mut self, mut seen: Seen, now: Instant) {
        let key = key_of(&seen.data.span_context);
        let parent = self.places.get(&(key.0, seen.data.parent_span_id)).copied();
        let group_key = match parent {
            Some((group, _)) => group,
            None if self.groups.len() < self.limits.traces => {
                self.add(Group::new(key.0, TracePart::Late, now))
            }
            // It will be printed by itself when it ends, like any unknown span.
            None => return,
        };
        let joins = parent.is_some();
        let Some(group) = self.groups.get_mut(&group_key) else {
            return;
        };
        seen.root = !joins;
        seen.shown = true;
        group.open += 1;
        group.open_roots += usize::from(seen.root);
        self.places.insert(key, (group_key, group.spans.len()));
        group.spans.push(seen);
    }

    /// Removes a group and returns it for printing, if it has anything to print.
    fn take(&mut self, key: GroupKey, cause: Cause, now: Instant) -> Option<TraceBatch> {
        let group = self.groups.remove(&key)?;
        if self.fresh.get(&group.trace) == Some(&key) {
            self.fresh.remove(&group.trace);
        }
        for &dropped in &group.dropped_open {
            self.places.remove(&(group.trace, dropped));
        }
        for seen in &group.spans {
            let span = key_of(&seen.data.span_context);
            self.places.remove(&span);
            self.printed.insert(span, seen.data.name.clone());
        }
        let news = group.has_news();
        news.then(|| self.batch(group, cause, now))
    }

    fn batch(&self, group: Group, cause: Cause, now: Instant) -> TraceBatch {
        let mentioned = group.spans.iter().flat_map(|seen| {
            let parent = (group.trace, seen.data.parent_span_id);
            let links = seen.data.links.iter();
            links.map(|l| key_of(&l.span_context)).chain([parent])
        });
        let names = mentioned.filter_map(|span| Some((span, self.name_of(&span)?)));
        TraceBatch {
            trace: group.trace,
            part: group.part,
            cause,
            names: names.collect(),
            spans: group.spans,
            dropped: group.dropped,
            now,
        }
    }

    fn name_of(&self, span: &SpanKey) -> Option<Cow<'static, str>> {
        let unprinted = self.places.get(span).and_then(|(group, position)| {
            let group = self.groups.get(group)?;
            Some(&group.spans.get(*position)?.data.name)
        });
        unprinted.or_else(|| self.printed.get(span)).cloned()
    }
}

pub(super) fn key_of(context: &SpanContext) -> SpanKey {
    (context.trace_id(), context.span_id())
}

#[cfg(test)]
mod tests;
