//! The errors and warnings of the compiler, from cargo's JSON messages.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

/// Diagnostics with their rendered text, keyed so that both copies of a crate name them alike.
pub(super) type Diagnostics = BTreeMap<Key, String>;

/// A diagnostic without its columns, which the attribute shifts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Files and lines.
    places: Vec<(String, u64)>,
    code: String,
    message: String,
}

#[derive(Debug, Default)]
pub(super) struct Compilation {
    pub(super) errors: Diagnostics,
    pub(super) warnings: Diagnostics,
    /// The output as it would be without JSON.
    pub(super) rendered: String,
}

impl Compilation {
    /// `output` holds messages and what cargo says itself; the diagnostics are those about the
    /// package with this manifest.
    pub(super) fn read(output: &str, manifest: &Path) -> anyhow::Result<Self> {
        let mut compilation = Self::default();
        for line in output.lines() {
            if line.starts_with('{') {
                let message = serde_json::from_str(line)
                    .with_context(|| format!("no message of cargo: `{line}`"))?;
                compilation.add(&message, manifest);
            } else {
                compilation.rendered += line;
                compilation.rendered.push('\n');
            }
        }
        Ok(compilation)
    }

    fn add(&mut self, message: &Value, manifest: &Path) {
        let diagnostic = &message["message"];
        if message["reason"] != "compiler-message" {
            return;
        }
        let rendered = diagnostic["rendered"].as_str().unwrap_or_default();
        self.rendered += rendered;
        let is_about_package = message["manifest_path"].as_str().map(Path::new) == Some(manifest);
        // `aborting due to 3 previous errors` and `2 warnings emitted` have no place and no code.
        let is_summary = spans(diagnostic).is_empty() && diagnostic["code"].is_null();
        if !is_about_package || is_summary {
            return;
        }
        let level = diagnostic["level"].as_str().unwrap_or_default();
        let found = if level.starts_with("error") {
            &mut self.errors
        } else {
            &mut self.warnings
        };
        found.insert(key(diagnostic), rendered.to_owned());
    }
}

fn key(diagnostic: &Value) -> Key {
    let owned = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let places = spans(diagnostic)
        .iter()
        .filter(|span| span["is_primary"] == true)
        .map(|span| {
            (
                owned(&span["file_name"]),
                span["line_start"].as_u64().unwrap_or_default(),
            )
        });
    Key {
        places: places.collect(),
        code: owned(&diagnostic["code"]["code"]),
        message: owned(&diagnostic["message"]),
    }
}

fn spans(diagnostic: &Value) -> &[Value] {
    diagnostic["spans"].as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(level: &str, column: u32, manifest: &str) -> String {
        let span = |primary| json!({"is_primary": primary, "file_name": "src/lib.rs", "line_start": 7, "column_start": column});
        json!({
            "reason": "compiler-message",
            "manifest_path": manifest,
            "message": {
                "level": level,
                "code": {"code": "dead_code"},
                "message": "function is never used",
                "rendered": format!("{level}: at column {column}\n"),
                "spans": [span(true), span(false)],
            },
        })
        .to_string()
    }

    fn read(lines: &[String]) -> Compilation {
        Compilation::read(&lines.join("\n"), Path::new("/a/Cargo.toml")).unwrap()
    }

    #[test]
    fn diagnostics_are_the_same_at_another_column() {
        let plain = read(&[message("warning", 1, "/a/Cargo.toml")]);
        let annotated = read(&[message("warning", 21, "/a/Cargo.toml")]);
        assert_eq!(plain.warnings.len(), 1);
        assert!(plain.errors.is_empty());
        assert!(plain.warnings.keys().eq(annotated.warnings.keys()));
    }

    #[test]
    fn errors_are_told_from_warnings_and_other_packages_left_out() {
        let found = read(&[
            message("error", 1, "/a/Cargo.toml"),
            message("error: internal compiler error", 1, "/a/Cargo.toml"),
            message("warning", 1, "/b/Cargo.toml"),
        ]);
        assert_eq!((found.errors.len(), found.warnings.len()), (1, 0));
    }

    #[test]
    fn the_log_holds_what_cargo_would_have_printed() {
        let found = read(&[
            "   Compiling a v1.0.0".to_owned(),
            r#"{"reason":"compiler-artifact"}"#.to_owned(),
            message("warning", 1, "/b/Cargo.toml"),
            "    Finished `test` profile".to_owned(),
        ]);
        assert_eq!(
            found.rendered,
            "   Compiling a v1.0.0\nwarning: at column 1\n    Finished `test` profile\n"
        );
    }

    #[test]
    fn summaries_are_no_diagnostics() {
        let summary = json!({
            "reason": "compiler-message",
            "manifest_path": "/a/Cargo.toml",
            "message": {"level": "warning", "code": null, "spans": [], "rendered": "warning: 2 warnings emitted\n"},
        });
        let found = read(&[summary.to_string()]);
        assert!(found.warnings.is_empty());
        assert_eq!(found.rendered, "warning: 2 warnings emitted\n");
    }
}
