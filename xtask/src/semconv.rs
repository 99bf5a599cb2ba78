//! Writes macros-backend/src/semconv/generated.rs from the tables in macros/semconv.
//!
//! The tables hold the attributes of the OpenTelemetry semantic conventions: the attributes in
//! force, with their types, and the deprecated attributes, with their replacements.

use std::fmt::Write as _;
use std::fs;

use anyhow::Context;

use crate::text::cells;
use crate::{Verdict, paths};

pub(crate) const USAGE: &str = "\
Writes macros-backend/src/semconv/generated.rs from the tables in macros/semconv.

    cargo xtask semconv

Run it after you replaced the tables, and read the diff.
";

const HEAD: &str = "\
//! Written by `cargo xtask semconv` from the tables in `macros/semconv`: change those, not this.

use super::types::Instead::{self, Moved, Note, Removed, Renamed};
use super::types::Type::{self, Any, Boolean, Double, Int, Ints, String, Strings, Template};

#[rustfmt::skip]
pub(super) static IN_FORCE: &[(&str, Type)] = &[
";

const BETWEEN: &str = "\
];

#[rustfmt::skip]
pub(super) static DEPRECATED: &[(&str, Instead)] = &[
";

pub(crate) fn run(mut arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    if let Some(argument) = arguments.next()? {
        return Err(argument.unexpected().into());
    }
    let root = paths::root();
    let read = |name: &str| {
        let path = root.join("macros/semconv").join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let generated = generate(&read("attributes.tsv")?, &read("deprecated.tsv")?)?;
    fs::write(
        root.join("macros-backend/src/semconv/generated.rs"),
        generated,
    )?;
    Ok(Verdict::Passed)
}

/// The source of the two tables.
fn generate(attributes: &str, deprecated: &str) -> anyhow::Result<String> {
    let mut source = String::from(HEAD);
    for [key, _stability, kind] in rows(attributes)? {
        writeln!(source, "    ({}, {}),", quoted(key), type_named(kind)?)?;
    }
    source += BETWEEN;
    for [key, _reason, renamed_to, note] in rows(deprecated)? {
        writeln!(
            source,
            "    ({}, {}),",
            quoted(key),
            instead(renamed_to, note)
        )?;
    }
    source += "];\n";
    Ok(source)
}

/// The lines of a table below its comments and its heading, sorted by key.
fn rows<const N: usize>(table: &str) -> anyhow::Result<Vec<[&str; N]>> {
    let mut rows = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .skip(1)
        .map(cells)
        .collect::<anyhow::Result<Vec<[&str; N]>>>()?;
    // The macro uses binary search.
    rows.sort_by_key(|row| row[0]);
    Ok(rows)
}

/// The variant of the macro's `Type`. The values of an `enum` may be strings or integers, so the macro cannot check
/// them.
fn type_named(kind: &str) -> anyhow::Result<&'static str> {
    Ok(match kind {
        "string" => "String",
        "int" => "Int",
        "double" => "Double",
        "boolean" => "Boolean",
        "string[]" => "Strings",
        "int[]" => "Ints",
        "enum" | "any" => "Any",
        "template[string]" | "template[string[]]" => "Template",
        _ => anyhow::bail!("unknown type `{kind}` of an attribute"),
    })
}

/// The variant of the macro's `Instead`: what to use in place of a deprecated attribute.
fn instead(renamed_to: &str, note: &str) -> String {
    if !renamed_to.is_empty() {
        format!("Renamed({})", quoted(renamed_to))
    } else if note.starts_with("Moved to") {
        "Moved".to_owned()
    } else if is_removal(note) {
        "Removed".to_owned()
    } else {
        format!("Note({})", quoted(&as_message(note)))
    }
}

fn is_removal(note: &str) -> bool {
    let note = note.strip_suffix('.').unwrap_or(note).to_lowercase();
    ["removed", "deprecated"].iter().any(|verb| {
        note.strip_prefix(verb).is_some_and(|rest| {
            [",", "."]
                .iter()
                .any(|mark| rest.strip_prefix(mark) == Some(" no replacement at this time"))
        })
    })
}

/// A note as a part of a message: without links, without a capital at the start and without a full stop at the end.
fn as_message(note: &str) -> String {
    let note = without_links(note);
    let note = note.trim_end_matches('.');
    let mut characters = note.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// Markdown's `[text](address)` becomes `text`.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, words, behind)) = first_link(rest) {
        plain += before;
        plain += words;
        rest = behind;
    }
    plain + rest
}

/// The text before the first link, the link's words, and the text behind it.
fn first_link(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('[').find_map(|(begin, _)| {
        let (words, address) = text[begin + 1..].split_once(']')?;
        let (_, behind) = address.strip_prefix('(')?.split_once(')')?;
        Some((&text[..begin], words, behind))
    })
}

/// A literal of Rust.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_source_is_generated_from_the_tables() {
        let generated = generate(
            include_str!("../../macros/semconv/attributes.tsv"),
            include_str!("../../macros/semconv/deprecated.tsv"),
        );
        let committed = include_str!("../../macros-backend/src/semconv/generated.rs");
        assert!(
            generated.unwrap() == committed,
            "macros-backend/src/semconv/generated.rs differs from its tables; run `cargo xtask semconv`"
        );
    }

    #[test]
    fn rows_are_sorted_by_bytes_below_the_heading() {
        let table = "# A comment.\nkey\tstability\ttype\nb\tstable\tint\na_b\tstable\tany\na.b\tstable\tany\n";
        let keys: Vec<&str> = rows::<3>(table).unwrap().iter().map(|row| row[0]).collect();
        assert_eq!(keys, ["a.b", "a_b", "b"]);
    }

    #[test]
    fn a_row_without_a_cell_and_an_unknown_type_are_errors() {
        let error = rows::<3>("key\tstability\ttype\na\tstable\n").unwrap_err();
        assert_eq!(error.to_string(), "expected 3 cells, found 2: `a\tstable`");
        let error = type_named("complex").unwrap_err();
        assert_eq!(error.to_string(), "unknown type `complex` of an attribute");
    }

    #[test]
    fn a_deprecated_attribute_has_a_replacement_or_a_note() {
        for (renamed_to, note, expected) in [
            (
                "url.full",
                "Replaced by `url.full`.",
                "Renamed(\"url.full\")",
            ),
            ("", "Moved to resource attributes.", "Moved"),
            ("", "Removed, no replacement at this time.", "Removed"),
            ("", "Deprecated. No replacement at this time", "Removed"),
            (
                "",
                "Removed, no replacement at this time, sorry.",
                "Note(\"removed, no replacement at this time, sorry\")",
            ),
            (
                "",
                "See [the \"guide\"](https://example.com) [sic] and [more](https://example.org).",
                "Note(\"see the \\\"guide\\\" [sic] and more\")",
            ),
        ] {
            assert_eq!(instead(renamed_to, note), expected);
        }
    }
}
