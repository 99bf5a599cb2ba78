//! Compiles tests/lints plain and annotated, with every lint on, and compares the warnings.
//!
//! An annotated function must get no warning that the plain function does not get, and lose no
//! warning. The warnings that may be lost stand in [`LOST`], each with its reason.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::cargo::cargo;
use crate::{Verdict, paths};

pub(crate) const USAGE: &str = "\
Compares clippy's warnings about plain and annotated functions, those of tests/lints.

    cargo xtask lints
";

const SOURCE: &str = "tests/lints/src/lib.rs";

/// The lints that may be lost, because the attribute changes what they warn of.
const LOST: &[(&str, &str)] = &[
    (
        "clippy::missing_const_for_fn",
        "a traced function cannot be const",
    ),
    (
        "clippy::must_use_candidate",
        "a traced function does more than return its value",
    ),
    (
        "clippy::unused_async",
        "an annotated async fn awaits its span",
    ),
    (
        "clippy::manual_async_fn",
        "the future is no longer an async block alone",
    ),
    (
        "clippy::single_call_fn",
        "calls are counted in expansions, too",
    ),
    (
        "clippy::items_after_statements",
        "items are hoisted out of the closure",
    ),
    ("clippy::unnecessary_wraps", "the value is looked at"),
    (
        "clippy::implicit_return",
        "the function returns what the closure returns",
    ),
    (
        "clippy::needless_lifetimes",
        "the return type is written a second time, in the body",
    ),
    (
        "clippy::unused_unit",
        "the return type is written a second time, in the body",
    ),
    (
        "clippy::needless_pass_by_value",
        "the closure takes over the parameters of a sync function",
    ),
    (
        "clippy::boxed_local",
        "the closure takes over the parameters of a sync function",
    ),
    (
        "clippy::needless_pass_by_ref_mut",
        "the closure takes over the parameters of a sync function",
    ),
    (
        "clippy::unwrap_in_result",
        "clippy does not look into the closure of a sync function",
    ),
    (
        "unconditional_recursion",
        "rustc does not look into the closure of a sync function",
    ),
    (
        "clippy::question_mark_used",
        "a question mark that is observed is the macro's",
    ),
];

/// A lint, and the line of the function with the warning.
type Warning = (String, usize);

pub(crate) fn run(mut arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    if let Some(argument) = arguments.next()? {
        return Err(argument.unexpected().into());
    }
    let text = fs::read_to_string(paths::root().join(SOURCE))?;
    let source: Vec<&str> = text.lines().collect();
    let plain = of_functions(&warnings(&clippy(&[])?)?, &source);
    let annotated = of_functions(&warnings(&clippy(&["--features", "annotated"])?)?, &source);
    let report = compare(&plain, &annotated);
    for (what, found) in [("new", &report.new), ("lost", &report.lost)] {
        for (lint, line) in found {
            let code = source[line - 1].trim();
            println!("{what}: {lint} at {SOURCE}:{line}: {code}");
        }
    }
    println!(
        "{} warnings plain, {} annotated, {} new, {} lost",
        plain.len(),
        annotated.len(),
        report.new.len(),
        report.lost.len(),
    );
    // Without any warning, clippy did not run.
    let same = report.new.is_empty() && report.lost.is_empty() && !plain.is_empty();
    Ok(Verdict::passed_if(same))
}

/// Clippy's messages about the package with these features.
fn clippy(features: &[&str]) -> anyhow::Result<String> {
    // Makes cargo run Clippy again, instead of repeating the messages of an earlier run.
    paths::touch(&paths::root().join(SOURCE))?;
    let output = cargo()
        .current_dir(paths::root().join("tests/lints"))
        .args(["clippy", "--quiet", "--message-format=json", "--target-dir"])
        .arg(paths::target())
        .args(features)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    // Clippy may fail because a lint is an error. The messages show that.
    Ok(String::from_utf8(output.stdout)?)
}

/// The lints and lines of the warnings about [`SOURCE`] in cargo's JSON messages.
fn warnings(messages: &str) -> anyhow::Result<BTreeSet<Warning>> {
    let mut found = BTreeSet::new();
    for line in messages.lines() {
        let message: Value = serde_json::from_str(line)?;
        let diagnostic = &message["message"];
        let spans = diagnostic["spans"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        let Some(primary) = spans.iter().find(|span| span["is_primary"] == true) else {
            continue;
        };
        if diagnostic["level"] == "error" {
            let rendered = diagnostic["rendered"].as_str().unwrap_or_default();
            bail!("tests/lints does not compile: {rendered}");
        }
        if let Some(lint) = diagnostic["code"]["code"].as_str()
            && let Some(file) = primary["file_name"].as_str()
            && let Some(line) = primary["line_start"].as_u64()
            && file.ends_with("src/lib.rs")
        {
            found.insert((lint.to_owned(), usize::try_from(line)?));
        }
    }
    Ok(found)
}

/// The warnings with the lines of their functions.
fn of_functions(warnings: &BTreeSet<Warning>, source: &[&str]) -> BTreeSet<Warning> {
    warnings
        .iter()
        .map(|(lint, line)| (lint.clone(), function_of(*line, source)))
        .collect()
}

/// The line of the `fn` to which a line belongs, because a lint may point at any part of a function.
fn function_of(line: usize, source: &[&str]) -> usize {
    // The attribute stands above its function.
    let line = line + usize::from(source[line - 1].starts_with("#[cfg_attr"));
    (1..=line)
        .rev()
        .find(|number| format!(" {}", source[number - 1]).contains(" fn "))
        .unwrap_or(line)
}

#[derive(Debug, Default, PartialEq)]
struct Report {
    new: Vec<Warning>,
    lost: Vec<Warning>,
}

fn compare(plain: &BTreeSet<Warning>, annotated: &BTreeSet<Warning>) -> Report {
    let may_be_lost = |(lint, _): &&Warning| LOST.iter().any(|(known, _)| lint == known);
    let mut new: Vec<Warning> = annotated.difference(plain).cloned().collect();
    let mut lost: Vec<Warning> = plain
        .difference(annotated)
        .filter(|warning| !may_be_lost(warning))
        .cloned()
        .collect();
    new.sort_by_key(|(_, line)| *line);
    lost.sort_by_key(|(_, line)| *line);
    Report { new, lost }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(warnings: &[(&str, usize)]) -> BTreeSet<Warning> {
        let owned = |&(lint, line): &(&str, usize)| (lint.to_owned(), line);
        warnings.iter().map(owned).collect()
    }

    #[test]
    fn warnings_are_those_of_lints_about_the_source() {
        let messages = r#"{"reason":"compiler-artifact","executable":null}
{"reason":"compiler-message","message":{"level":"warning","code":{"code":"clippy::a"},"spans":[
{"is_primary":false,"file_name":"src/lib.rs","line_start":1},{"is_primary":true,"file_name":"src/lib.rs","line_start":7}]}}
{"reason":"compiler-message","message":{"level":"warning","code":null,"spans":[{"is_primary":true,"file_name":"src/lib.rs","line_start":8}]}}
{"reason":"compiler-message","message":{"level":"warning","code":{"code":"dead_code"},"spans":[{"is_primary":true,"file_name":"src/other.rs","line_start":9}]}}
{"reason":"compiler-message","message":{"level":"warning","code":null,"spans":[]}}"#
            .replace("[\n", "[");
        assert_eq!(warnings(&messages).unwrap(), set(&[("clippy::a", 7)]));
    }

    #[test]
    fn an_error_of_the_compiler_is_an_error() {
        let messages = r#"{"message":{"level":"error","code":null,"rendered":"error: expected item","spans":[{"is_primary":true}]}}"#;
        let error = warnings(messages).unwrap_err().to_string();
        assert_eq!(error, "tests/lints does not compile: error: expected item");
    }

    #[test]
    fn a_line_belongs_to_the_function_above_it_or_below_its_attribute() {
        let source = [
            "fn a() {",
            "    1;",
            "}",
            "#[cfg_attr(annotated, traced)]",
            "pub fn b() {}",
        ];
        let functions = [1, 2, 4, 5].map(|line| function_of(line, &source));
        assert_eq!(functions, [1, 1, 5, 5]);
        assert_eq!(function_of(1, &["use a::fn_;"]), 1);
    }

    #[test]
    fn warnings_are_new_or_lost_unless_the_list_excuses_them() {
        let plain = set(&[("a", 3), ("clippy::unused_async", 2), ("b", 1)]);
        let annotated = set(&[("b", 1), ("d", 2), ("c", 9)]);
        let report = compare(&plain, &annotated);
        assert_eq!(report.new, [("d".to_owned(), 2), ("c".to_owned(), 9)]);
        assert_eq!(report.lost, [("a".to_owned(), 3)]);
        assert_eq!(compare(&plain, &plain), Report::default());
    }
}
