//! SARIF 2.1.0, which code scanning reads.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::ops::Range;

use serde_json::{Value, json};

use crate::baseline::fingerprint;
use crate::findings::{Finding, Help, RuleName};
use crate::sources::Text;

pub(super) fn log(findings: &[Finding<'_>], rules: &[RuleName]) -> Value {
    let rules: Vec<Value> = rules
        .iter()
        .map(|rule| descriptor(rule.name, rule.summary))
        .collect();
    let results: Vec<Value> = findings.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "cargo-traced",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn descriptor(name: &str, summary: &str) -> Value {
    json!({"id": name, "shortDescription": {"text": summary}})
}

fn result(finding: &Finding<'_>) -> Value {
    let file = finding.file;
    let fixes: Vec<Value> = finding
        .help
        .iter()
        .filter(|help| !help.edits.is_empty() && file.is_file)
        .map(|help| fix(help, file))
        .collect();
    // A variable of the environment is in no file that could be named.
    let locations = match file.is_file {
        true => vec![json!({"physicalLocation": {
            "artifactLocation": {"uri": uri(&file.shown)},
            "region": region(file, &finding.range),
        }})],
        false => Vec::new(),
    };
    json!({
        "ruleId": finding.rule,
        "level": finding.level.word(),
        "message": {"text": finding.message},
        "locations": locations,
        "partialFingerprints": {"traced/v1": fingerprint(finding)},
        "fixes": fixes,
    })
}

fn fix(help: &Help, file: &Text) -> Value {
    let replacements: Vec<Value> = help
        .edits
        .iter()
        .map(|(range, text)| {
            json!({
                "deletedRegion": region(file, range),
                "insertedContent": {"text": text},
            })
        })
        .collect();
    json!({
        "description": {"text": help.message},
        "artifactChanges": [{
            "artifactLocation": {"uri": uri(&file.shown)},
            "replacements": replacements,
        }],
    })
}

fn region(file: &Text, range: &Range<usize>) -> Value {
    let (start, end) = (file.place(range.start), file.place(range.end));
    json!({
        "startLine": start.line, "startColumn": start.column,
        "endLine": end.line, "endColumn": end.column,
    })
}

/// A path as a relative reference, with the reserved characters of URIs encoded.
fn uri(path: &str) -> String {
    let mut encoded = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}
