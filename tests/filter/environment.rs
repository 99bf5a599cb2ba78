//! `TRACED_FILTER`, in child processes, because all tests of a process share its environment.

use std::process::Command;

use traced::Filter;

/// The standard output and the standard error of a child with this filter.
fn child(filter: Option<&str>) -> (String, String) {
    child_at("", filter)
}

/// The same, with this `OTEL_LOG_LEVEL`.
fn child_at(level: &str, filter: Option<&str>) -> (String, String) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "environment::in_the_child",
        "--ignored",
        "--nocapture",
    ]);
    child.env("OTEL_LOG_LEVEL", level);
    child.env_remove("TRACED_FILTER");
    if let Some(filter) = filter {
        child.env("TRACED_FILTER", filter);
    }
    let output = child.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
#[ignore = "the child of the others"]
fn in_the_child() {
    let first = Filter::from_env();
    assert_eq!(Filter::from_env(), first);
    match first {
        Some(filter) => println!("the filter is {filter}."),
        None => println!("there is none."),
    }
}

#[test]
fn the_variable_is_read() {
    let (out, err) = child(Some("my_crate::db=off,my_crate::*=on"));
    assert!(
        out.contains("the filter is my_crate::db=off,my_crate::*=on."),
        "{out}"
    );
    assert_eq!(err, "");
}

#[test]
fn levels_are_read_as_in_rust_log() {
    let (out, err) = child(Some("openraft=info,shop::db=debug,noise=off"));
    let expected = "the filter is openraft=info,shop::db=debug,noise=off.";
    assert!(out.contains(expected), "{out}");
    assert_eq!(err, "");
}

#[test]
fn empty_is_unset() {
    for empty in [None, Some(""), Some("  "), Some(" , ")] {
        let (out, err) = child(empty);
        assert!(out.contains("there is none."), "{out}");
        assert_eq!(err, "");
    }
}

#[test]
fn a_bad_directive_is_told_once_and_the_others_count() {
    let (out, err) = child(Some("my_crate=maybe,my_crate::db=off"));
    assert!(out.contains("the filter is my_crate::db=off."), "{out}");
    assert_eq!(
        err,
        "traced: warning: TRACED_FILTER: in `my_crate=maybe`, expected `on`, `off` or a level (`error`, \
         `warn`, `info`, `debug`, `trace`), found `maybe`; write `my_crate=off`, `my_crate=on` or \
         `my_crate=info`\n"
    );
}

#[test]
fn without_warnings_a_bad_directive_is_not_told() {
    for level in ["none", "error"] {
        let (out, err) = child_at(level, Some("my_crate=maybe,my_crate::db=off"));
        assert!(out.contains("the filter is my_crate::db=off."), "{out}");
        assert_eq!(err, "");
    }
}

#[test]
fn a_filter_of_bad_directives_only_is_unset() {
    let (out, err) = child(Some("verbose"));
    assert!(out.contains("there is none."), "{out}");
    assert_eq!(err.lines().count(), 1, "{err}");
}
