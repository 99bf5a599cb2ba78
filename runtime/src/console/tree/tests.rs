use super::super::samples::{at, finished, span, with};
use super::*;

/// The names in the order of the tree, indented by depth.
fn outline(spans: Vec<SpanData>) -> Vec<String> {
    let batch = finished(spans);
    let nodes = Tree::of(&batch).nodes;
    let line = |node: &Node<'_>| "-".repeat(node.depth) + &node.data.name;
    nodes.iter().map(line).collect()
}

/// Whether the child of two is marked as spawned.
fn spawned(parent: SpanData, child: SpanData) -> bool {
    let batch = finished(vec![parent, child]);
    Tree::of(&batch).nodes[1].spawned
}

#[test]
fn children_follow_their_parent() {
    let spans = vec![
        span(1, 0, "a", 0, 9),
        span(2, 1, "b", 1, 5),
        span(3, 1, "c", 6, 8),
        span(4, 2, "d", 2, 3),
    ];
    assert_eq!(outline(spans), ["a", "-b", "--d", "-c"]);
}

#[test]
fn siblings_stand_in_the_order_of_their_start() {
    let spans = vec![
        span(1, 0, "a", 0, 9),
        span(2, 1, "later", 5, 6),
        span(3, 1, "sooner", 1, 2),
    ];
    assert_eq!(outline(spans), ["a", "-sooner", "-later"]);
}

#[test]
fn a_span_without_its_parent_is_a_root() {
    let spans = vec![span(1, 0, "a", 0, 9), span(2, 77, "b", 1, 5)];
    assert_eq!(outline(spans), ["a", "b"]);
}

#[test]
fn a_span_that_is_its_own_parent_is_a_root() {
    assert_eq!(outline(vec![span(1, 1, "a", 0, 9)]), ["a"]);
}

#[test]
fn the_axis_runs_from_the_first_start_to_the_last_end() {
    let batch = finished(vec![span(1, 0, "a", 3, 9), span(2, 1, "b", 4, 20)]);
    let axis = Tree::of(&batch).axis;
    assert_eq!((axis.start, axis.length.as_millis()), (at(3), 17));
}

#[test]
fn a_long_chain_keeps_the_nearest_rails_only() {
    let chain = (1..=200).map(|id| span(id, id - 1, "link", id, 1_000 - id));
    let mut chain: Vec<_> = chain.collect();
    chain[0].parent_span_id = SpanId::INVALID;
    let mut collector = super::super::collect::Collector::new(super::super::collect::TraceLimits {
        spans: 1_000,
        ..super::super::samples::LIMITS
    });
    let now = std::time::Instant::now();
    chain
        .into_iter()
        .for_each(|data| drop(collector.start(data, now)));
    let batch = collector.flush(now).remove(0);
    let tree = Tree::of(&batch);
    let deepest = tree.nodes.last().unwrap();
    assert_eq!((deepest.depth, deepest.last.len()), (199, NEAR));
}

#[test]
fn a_child_within_its_parent_is_not_spawned() {
    assert!(!spawned(span(1, 0, "a", 0, 9), span(2, 1, "b", 1, 9)));
}

#[test]
fn a_child_that_outlives_its_parent_is_spawned() {
    assert!(spawned(span(1, 0, "a", 0, 9), span(2, 1, "b", 1, 10)));
}

#[test]
fn a_child_on_another_thread_is_spawned() {
    let parent = with(span(1, 0, "a", 0, 9), "thread.id", 1);
    let child = with(span(2, 1, "b", 1, 5), "thread.id", 2);
    assert!(spawned(parent, child));
}

#[test]
fn a_child_on_the_same_thread_is_not_spawned() {
    let parent = with(span(1, 0, "a", 0, 9), "thread.id", 1);
    let child = with(span(2, 1, "b", 1, 5), "thread.id", 1);
    assert!(!spawned(parent, child));
}

#[test]
fn a_child_with_the_attribute_is_spawned() {
    let child = with(span(2, 1, "b", 1, 5), "traced.spawned", true);
    assert!(spawned(span(1, 0, "a", 0, 9), child));
}

#[test]
fn the_other_side_of_a_call_is_not_spawned() {
    let mut child = span(2, 1, "b", 1, 10);
    child.parent_span_is_remote = true;
    assert!(!spawned(span(1, 0, "a", 0, 9), child));
}
