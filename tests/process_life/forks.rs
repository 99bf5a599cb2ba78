//! Children of a `fork` notice it, do not hang, and can have telemetry of their own; the parent's
//! spans arrive once.

use std::collections::HashSet;

use crate::program::{Ended, count, exporting, run};

/// Runs a program that checks its child, and expects so many spans of parent and child at the
/// collector.
fn case(name: &str, parents: usize, children: usize) -> Ended {
    let (collector, command) = exporting(&["fork", name]);
    let ended = run(command);
    ended.assert_code(0);
    assert_eq!(count(&collector, "parent"), parents, "{ended:#?}");
    assert_eq!(count(&collector, "in_child"), children, "{ended:#?}");
    let spans = collector.spans();
    let ids: HashSet<String> = spans
        .iter()
        .map(|span| span["spanId"].to_string())
        .collect();
    assert_eq!(ids.len(), spans.len(), "two spans have one id");
    ended
}

#[test]
fn a_child_drops_the_inherited_guard_at_once_and_initialises() {
    case("drops", 2, 1);
}

#[test]
fn a_child_shuts_the_inherited_guard_down_at_once_and_initialises() {
    case("shuts_down", 2, 1);
}

#[test]
fn a_child_initialises_and_keeps_the_inherited_guard() {
    case("keeps", 2, 2);
}

#[test]
fn an_inherited_guard_that_is_dropped_later_leaves_the_childs_telemetry_alone() {
    case("drops_later", 2, 2);
}

#[test]
fn a_child_flushes_and_shuts_down_at_once_without_a_guard() {
    case("forgets", 2, 1);
}

#[test]
fn a_child_that_goes_on_without_telemetry_of_its_own_is_told() {
    let ended = case("goes_on", 2, 0);
    assert!(ended.stderr.contains("forked"), "{ended:#?}");
}

#[test]
fn a_child_prints_its_own_trees_and_the_parents_are_printed_once() {
    let ended = run(crate::program::program(&["fork_printing"]));
    ended.assert_code(0);
    for (name, expected) in [("parent ", 1), ("in_child ", 1)] {
        // The first line of a tree begins with the name of its root.
        let heads = ended.stderr.lines().filter(|line| {
            let head = line.trim_start_matches(|c: char| !c.is_ascii_lowercase());
            head.starts_with(name) && line.contains("span")
        });
        assert_eq!(heads.count(), expected, "{name}: {ended:#?}");
    }
}

#[test]
fn a_child_of_a_child_initialises() {
    case("grandchild", 2, 2);
}

#[test]
fn children_have_ids_of_their_own() {
    case("ids", 1, 2);
}

#[test]
fn locks_that_other_threads_held_do_not_block_a_child() {
    case("busy", 0, 30);
}

#[test]
fn a_signal_ends_a_child_with_and_without_telemetry() {
    case("signal", 2, 1);
}
