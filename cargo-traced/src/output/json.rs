//! The format of `rustc --error-format=json`, which editors read.
//!
//! <https://doc.rust-lang.org/rustc/json.html>

use std::ops::Range;

use serde_json::{Value, json};

use super::human;
use crate::findings::{Finding, Help};
use crate::sources::Text;

pub(super) fn message(finding: &Finding<'_>) -> Value {
    let primary = span(
        finding.file,
        &finding.range,
        true,
        finding.label.as_deref(),
        None,
    );
    // An editor has nothing to open for a variable of the environment.
    let spans = match finding.file.is_file {
        true => vec![primary],
        false => Vec::new(),
    };
    let children: Vec<Value> = finding
        .help
        .iter()
        .map(|help| child(finding.file, help))
        .collect();
    json!({
        "$message_type": "diagnostic",
        "message": finding.message,
        "code": {"code": format!("traced::{}", finding.rule), "explanation": null},
        "level": finding.level.word(),
        "spans": spans,
        "children": children,
        "rendered": human::rendered(finding, false) + "\n\n",
    })
}

fn child(file: &Text, help: &Help) -> Value {
    let edits = help.edits.iter();
    let spans: Vec<Value> = edits
        .map(|(range, text)| span(file, range, true, None, Some(text)))
        .collect();
    json!({
        "message": help.message,
        "code": null,
        "level": "help",
        "spans": spans,
        "children": [],
        "rendered": null,
    })
}

fn span(
    file: &Text,
    range: &Range<usize>,
    is_primary: bool,
    label: Option<&str>,
    replacement: Option<&str>,
) -> Value {
    let (start, end) = (file.place(range.start), file.place(range.end));
    let lines: Vec<Value> = (start.line..=end.line)
        .map(|line| {
            let text = file.line(line);
            let first = if line == start.line { start.column } else { 1 };
            let last = if line == end.line {
                end.column
            } else {
                text.chars().count() + 1
            };
            json!({"text": text, "highlight_start": first, "highlight_end": last})
        })
        .collect();
    json!({
        "file_name": file.shown,
        "byte_start": range.start,
        "byte_end": range.end,
        "line_start": start.line,
        "line_end": end.line,
        "column_start": start.column,
        "column_end": end.column,
        "is_primary": is_primary,
        "text": lines,
        "label": label,
        "suggested_replacement": replacement,
        "suggestion_applicability": replacement.map(|_| "MaybeIncorrect"),
        "expansion": null,
    })
}
