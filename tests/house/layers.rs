//! The layers of the two libraries: a room uses only the rooms that stand below it. The tools have no
//! layers, but no circle either.
//!
//! A room is a module with all that is in it. The lists go from the bottom to the top.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{Module, ModulePath, modules, root};

const MACROS: &[&str] = &[
    "syntax",
    "semconv",
    "spawners",
    "diagnostics",
    "args",
    "conditional",
    "item",
    "lints",
    "model",
    "emit",
    "wrap",
    "spawn",
    "nested",
    "function_like",
    "function",
    "container",
    "test_attribute",
    "",
    "inspect",
];

const RUNTIME: &[&str] = &[
    "color",
    "grpc",
    "percent_encoding",
    "fork",
    "thread",
    "panic_hook",
    "current_context",
    "self_log::level",
    "printer",
    "self_log",
    "redaction",
    "random",
    "used_import",
    "without_rayon",
    "automatic_status",
    "end_time",
    "reentrancy",
    "reused",
    "start_flags",
    "function_paths",
    "scope_state",
    "encoding",
    "attributes",
    "value",
    "links",
    "parent",
    "inherited",
    "envelope",
    "scoped_attributes",
    "propagation",
    "http_conventions",
    "exception",
    "panic",
    "in_flight_errors",
    "failure",
    "outcome",
    "start_options",
    "span_level",
    "call_site",
    "polls",
    "filter",
    "metrics",
    "code_attributes",
    "probability",
    "recorder",
    "stopwatch",
    "live",
    "lifetimes",
    "lost_context",
    "provider",
    "span",
    "carry",
    "future",
    "stream",
    "block",
    "task",
    "polled_stream",
    "parallel",
    "carry_unit",
    "current_span",
    "database",
    "diesel",
    "sqlx",
    "sea_orm",
    "http_client",
    "http_spans",
    "tower",
    "actix_web",
    "redis",
    "apalis",
    "tracing_layer",
    "html",
    "testing",
    "console",
    "telemetry",
    "__private",
    "guide",
    "",
];

#[test]
fn rooms_of_the_macros_use_only_rooms_below_them() {
    let modules = modules("macros-backend/src");
    let upward = upward(&modules, MACROS);
    assert!(upward.is_empty(), "\n{}", upward.join("\n"));
}

#[test]
fn files_of_the_macros_form_no_circle() {
    let circles = circles(&modules("macros-backend/src"));
    assert!(circles.is_empty(), "\n{}", circles.join("\n"));
}

#[test]
fn rooms_of_the_runtime_use_only_rooms_below_them() {
    let upward = upward(&modules("runtime/src"), RUNTIME);
    assert!(upward.is_empty(), "\n{}", upward.join("\n"));
}

#[test]
fn files_of_the_runtime_form_no_circle() {
    let circles = circles(&modules("runtime/src"));
    assert!(circles.is_empty(), "\n{}", circles.join("\n"));
}

/// The rooms in the tables of ARCHITECTURE.md that stand below these words, in their order.
fn rooms_on_the_page(page: &str, words: &str) -> Vec<String> {
    let (_, below) = page.split_once(words).unwrap();
    let rows = below.lines().skip_while(|line| !line.starts_with("| `"));
    let rows = rows.take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    names
        .map(|name| name.trim_end_matches('/').to_owned())
        .collect()
}

#[test]
fn architecture_lists_the_rooms_in_their_order() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (words, rooms) in [
        ("The rooms of `macros-backend/src`", MACROS),
        ("The rooms of `runtime/src`", RUNTIME),
    ] {
        // The page has no row for `lib.rs`, nor for a part of a room.
        let rooms = rooms
            .iter()
            .filter(|room| !room.is_empty() && !room.contains("::"));
        let rooms: Vec<&str> = rooms.copied().collect();
        assert_eq!(rooms_on_the_page(&page, words), rooms, "{words}");
    }
}

#[test]
fn files_of_the_tools_form_no_circle() {
    for folder in [
        "cargo-traced/src",
        "xtask/src",
        "benches/overhead",
        "benches/sql",
    ] {
        let circles = circles(&modules(folder));
        assert!(circles.is_empty(), "{folder}:\n{}", circles.join("\n"));
    }
}

/// The uses that point from a room to a room above it.
fn upward(modules: &BTreeMap<ModulePath, Module>, rooms: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, module) in modules {
        for each in &module.uses {
            let (from, to) = (room(path, rooms), room(&each.target, rooms));
            if to > from {
                found.push(format!(
                    "{}:{}: `{}` uses `{}`, which stands above it",
                    module.file.display(),
                    each.line,
                    rooms[from],
                    rooms[to],
                ));
            }
        }
    }
    found
}

/// The index of the most specific room that a module is in.
fn room(path: &ModulePath, rooms: &[&str]) -> usize {
    let prefixes = (0..=path.len())
        .rev()
        .map(|length| path[..length].join("::"));
    let mut found = prefixes.filter_map(|prefix| rooms.iter().position(|room| *room == prefix));
    found
        .next()
        .unwrap_or_else(|| panic!("the list has no room for `{}`", path.join("::")))
}

/// The groups of files that use each other in a circle, each as one line.
fn circles(modules: &BTreeMap<ModulePath, Module>) -> Vec<String> {
    let reachable: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> = modules
        .keys()
        .map(|path| (path, reached_from(path, modules)))
        .collect();
    let mut found = BTreeSet::new();
    for (path, reached) in &reachable {
        if reached.contains(path) {
            let circle = reached
                .iter()
                .filter(|other| reachable[*other].contains(path));
            let names: Vec<String> = circle.map(|other| other.join("::")).collect();
            found.insert(names.join(", "));
        }
    }
    found.into_iter().collect()
}

fn reached_from<'m>(
    start: &ModulePath,
    modules: &'m BTreeMap<ModulePath, Module>,
) -> BTreeSet<&'m ModulePath> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![start];
    while let Some(path) = waiting.pop() {
        for each in &modules[path].uses {
            let (target, _) = modules.get_key_value(&each.target).unwrap();
            if reached.insert(target) {
                waiting.push(target);
            }
        }
    }
    reached
}
