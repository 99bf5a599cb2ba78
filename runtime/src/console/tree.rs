//! Builds the tree of a batch: parents, order and marks of its spans.

use std::collections::{HashMap, HashSet};
use std::ptr;
use std::time::SystemTime;

use opentelemetry::trace::{SpanId, Status};
use opentelemetry::{Key, Value};
use opentelemetry_sdk::trace::SpanData;

use super::collect::{Seen, TraceBatch};
use super::time::Axis;
use crate::call_site::CallSite;

/// How many ancestors have rails: no terminal shows more, and a chain of a hundred
/// thousand spans must not take quadratic memory.
pub(super) const NEAR: usize = 64;

/// The spans of a batch, parents before children, children in order of their start.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) axis: Axis,
}

/// A span in the tree.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) data: &'a SpanData,
    /// The path of the function, if a function with another path has the same name in this tree.
    pub(super) path: Option<String>,
    /// The number of its ancestors in the tree.
    pub(super) depth: usize,
    /// For its nearest ancestors below the root, and then for the span itself: whether it is
    /// the last of its siblings. Empty for a root.
    pub(super) last: Vec<bool>,
    pub(super) has_children: bool,
    /// When it ended, or the current time if it is running.
    pub(super) end: SystemTime,
    pub(super) running: bool,
    /// Whether it is spawned work, which outlived its parent or ran on another thread.
    pub(super) spawned: bool,
}

impl Node<'_> {
    pub(super) fn is_root(&self) -> bool {
        self.depth == 0
    }

    pub(super) fn failed(&self) -> bool {
        matches!(self.data.status, Status::Error { .. })
    }

    pub(super) fn cancelled(&self) -> bool {
        flag(self.data, "traced.cancelled")
    }
}

impl<'a> Tree<'a> {
    pub(super) fn of(batch: &'a TraceBatch) -> Self {
        let ends: Vec<_> = batch.spans.iter().map(|seen| end_of(seen, batch)).collect();
        let family = Family::of(&batch.spans);
        let mut paths = paths_where_names_collide(&batch.spans);
        let mut nodes = Vec::with_capacity(batch.spans.len());
        // A stack instead of recursion, as a chain of spans may be deeper than the thread's stack.
        let mut pending = Vec::new();
        let roots = family.roots.iter().rev();
        pending.extend(roots.map(|&position| Pending::root(position)));
        while let Some(Pending {
            position,
            depth,
            last,
        }) = pending.pop()
        {
            let seen = &batch.spans[position];
            let children = &family.children[position];
            // The first child goes on top, so that it comes out next.
            for (distance, &child) in children.iter().rev().enumerate() {
                pending.push(Pending::child(child, depth, &last, distance == 0));
            }
            nodes.push(Node {
                data: &seen.data,
                path: paths[position].take(),
                depth,
                last,
                has_children: !children.is_empty(),
                end: ends[position],
                running: seen.running_since.is_some(),
                spawned: family.parents[position]
                    .is_some_and(|parent| is_spawned(batch, &ends, parent, position)),
            });
        }
        let axis = axis_of(&nodes);
        Tree { nodes, axis }
    }
}

/// A span that is still to be added to the tree.
struct Pending {
    position: usize,
    depth: usize,
    last: Vec<bool>,
}

impl Pending {
    fn root(position: usize) -> Self {
        Pending {
            position,
            depth: 0,
            last: Vec::new(),
        }
    }

    fn child(position: usize, parent_depth: usize, rails: &[bool], is_last: bool) -> Self {
        let far = rails.len().saturating_sub(NEAR - 1);
        let mut last = rails[far..].to_vec();
        last.push(is_last);
        Pending {
            position,
            depth: parent_depth + 1,
            last,
        }
    }
}

/// The children of each span, by position in the batch.
struct Family {
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
    roots: Vec<usize>,
}

impl Family {
    fn of(spans: &[Seen]) -> Self {
        let positions: HashMap<SpanId, usize> = spans
            .iter()
            .enumerate()
            .map(|(position, seen)| (seen.data.span_context.span_id(), position))
            .collect();
        let mut order: Vec<usize> = (0..spans.len()).collect();
        // A stable sort: spans with the same start time stay in order of arrival.
        order.sort_by_key(|&position| spans[position].data.start_time);

        let mut family = Family {
            parents: vec![None; spans.len()],
            children: vec![Vec::new(); spans.len()],
            roots: Vec::new(),
        };
        for position in order {
            let parent = positions.get(&spans[position].data.parent_span_id);
            // Parents arrive before their children; a parent that did not could form a cycle.
            match parent.filter(|&&parent| parent < position) {
                Some(&parent) => {
                    family.parents[position] = Some(parent);
                    family.children[parent].push(position);
                }
                None => family.roots.push(position),
            }
        }
        family
    }
}

/// The paths of functions whose spans have the same name as those of another function, by position in the batch.
fn paths_where_names_collide(spans: &[Seen]) -> Vec<Option<String>> {
    let mut sites: HashMap<&str, HashSet<*const CallSite>> = HashMap::new();
    for seen in spans {
        let of_name = sites.entry(&seen.data.name).or_default();
        of_name.extend(seen.site.map(ptr::from_ref));
    }
    let path = |seen: &Seen| match sites[&*seen.data.name].len() {
        0 | 1 => None,
        _ => seen.site.map(CallSite::function_path),
    };
    let paths: Vec<Option<String>> = spans.iter().map(path).collect();
    // A function may have several call sites: its instances for several types, and parts of its body.
    let mut functions: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (seen, path) in spans.iter().zip(&paths) {
        let of_name = functions.entry(&seen.data.name).or_default();
        of_name.extend(path.as_deref());
    }
    let collides = |seen: &Seen| functions[&*seen.data.name].len() > 1;
    let shown: Vec<bool> = spans.iter().map(collides).collect();
    let both = paths.into_iter().zip(shown);
    both.map(|(path, is_shown)| path.filter(|_| is_shown))
        .collect()
}

fn end_of(seen: &Seen, batch: &TraceBatch) -> SystemTime {
    match seen.running_since {
        None => seen.data.end_time,
        Some(since) => {
            let so_far = batch.now.saturating_duration_since(since);
            let end = seen.data.start_time.checked_add(so_far);
            end.unwrap_or(seen.data.start_time)
        }
    }
}

fn axis_of(nodes: &[Node<'_>]) -> Axis {
    let starts = nodes.iter().map(|node| node.data.start_time);
    let start = starts.min().unwrap_or(SystemTime::UNIX_EPOCH);
    let end = nodes.iter().map(|node| node.end).max().unwrap_or(start);
    Axis {
        start,
        length: super::time::between(start, end),
    }
}

/// Whether a span was spawned by this process. The span of a remote call was not, even if the callee is this process.
fn is_spawned(batch: &TraceBatch, ends: &[SystemTime], parent: usize, child: usize) -> bool {
    let (parent_seen, child_seen) = (&batch.spans[parent], &batch.spans[child]);
    if flag(&child_seen.data, "traced.spawned") {
        return true;
    }
    if child_seen.data.parent_span_is_remote {
        return false;
    }
    let outlives = match (parent_seen.running_since, child_seen.running_since) {
        (Some(_), _) => false,
        (None, Some(_)) => true,
        (None, None) => ends[child] > ends[parent],
    };
    outlives || on_another_thread(&parent_seen.data, &child_seen.data)
}

fn on_another_thread(parent: &SpanData, child: &SpanData) -> bool {
    let thread = |data| value_of(data, "thread.id");
    matches!((thread(parent), thread(child)), (Some(one), Some(other)) if one != other)
}

fn flag(data: &SpanData, key: &'static str) -> bool {
    matches!(value_of(data, key), Some(Value::Bool(true)))
}

/// The value of an attribute. If it was set twice, the last value counts, as in backends.
fn value_of<'a>(data: &'a SpanData, key: &'static str) -> Option<&'a Value> {
    let key = Key::from_static_str(key);
    let mut newest_first = data.attributes.iter().rev();
    Some(&newest_first.find(|pair| pair.key == key)?.value)
}

#[cfg(test)]
mod tests;
