//! Where is the code of a span? On request as attributes, and in a printed tree where the name does
//! not say.

use std::collections::BTreeMap;

use crate::program::{Printed, run};

const REQUEST: (&str, &str) = ("TRACED_CODE_ATTRIBUTES", "true");

/// The `code.*` attributes of each span, by span name.
fn code_of(printed: &Printed) -> BTreeMap<&str, Vec<Vec<&str>>> {
    let mut spans: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
    let mut name = "";
    for line in printed.stdout.lines() {
        if let Some(exported) = line.strip_prefix("exported ") {
            name = exported.rsplit_once(' ').unwrap().0;
            spans.entry(name).or_default().push(Vec::new());
        }
        if let Some(code) = line.strip_prefix("attribute code.") {
            spans.get_mut(name).unwrap().last_mut().unwrap().push(code);
        }
    }
    spans
}

/// The expected attributes of the function `path`, whose attribute or expression is on the line
/// that holds `text`, or `above` lines above it.
fn code(path: &str, text: &str, above: usize) -> Vec<String> {
    let source = include_str!("child_code.rs");
    let line = source.lines().position(|line| line.contains(text)).unwrap();
    vec![
        format!("function.name=settings_child::child_code::{path}"),
        "file.path=tests/settings/child_code.rs".to_owned(),
        format!("line.number={}", line + 1 - above),
    ]
}

#[track_caller]
fn check(printed: &Printed) {
    let spans = code_of(printed);
    for (name, expected) in [
        ("everything", code("everything", "fn everything", 1)),
        ("new", code("Store::new", "fn new", 1)),
        // The attribute of a container is above all of its functions.
        ("Cache::new", code("Cache::new", "fn new() -> Cache<T>", 0)),
        ("shown", code("by_name", "fn by_name", 1)),
        ("statement", code("parts", "let unit = {", 0)),
        ("unit", code("parts", "traced_spawn(name", 0)),
        ("block", code("parts", "traced::span!", 0)),
    ] {
        let [found] = &spans[name][..] else {
            panic!("{name}: {spans:#?}");
        };
        assert_eq!(found, &expected, "{name}");
    }
    let own = &spans["says_it_itself"][0];
    assert!(own.contains(&"function.name=its own"), "{own:?}");
    assert_eq!(own.len(), 3, "{own:?}");
    let loads: Vec<&str> = spans["load"].iter().map(|code| code[0]).collect();
    let path = "function.name=settings_child::child_code::";
    assert_eq!(
        loads,
        [format!("{path}Store::load"), format!("{path}Cache::load")]
    );
}

#[test]
fn spans_say_on_request_which_code_they_are_of() {
    check(&run("seen code", &[REQUEST]).says_nothing());
    check(&run("seen located code", &[]).says_nothing());
}

#[test]
fn spans_of_the_sdks_provider_do_too() {
    check(&run("seen stamped code", &[REQUEST]).says_nothing());
}

#[test]
fn code_beats_the_environment() {
    let off = [("TRACED_CODE_ATTRIBUTES", "false")];
    check(&run("seen located code", &off).says_nothing());
}

#[test]
fn unless_asked_nothing_says_it() {
    for words in ["seen code", "seen stamped code"] {
        let printed = run(words, &[]).says_nothing();
        assert!(!printed.stdout.contains("code.line.number"), "{printed:#?}");
    }
}

#[test]
fn a_tree_shows_the_paths_of_functions_that_share_a_name() {
    let console = [("OTEL_TRACES_EXPORTER", "console")];
    let printed = run("code", &console).says_nothing();
    let paths: Vec<&str> = printed
        .stdout
        .lines()
        .filter_map(|line| line.split_once("fn "))
        .map(|(_, path)| path)
        .collect();
    // The functions in the order of their start, and no other function.
    let path = "settings_child::child_code::";
    assert_eq!(
        paths,
        [format!("{path}Store::load"), format!("{path}Cache::load")],
        "{printed:#?}"
    );
}
