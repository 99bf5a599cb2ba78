//! Findings of `cargo traced` in published crates, and the list of those that a person judged.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, bail};
use serde_json::Value;

use super::list::Crate;

/// A finding, without its line number: the lines above it may change with what `annotate` and `migrate` write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    /// Name and version.
    pub(super) crate_: (String, String),
    /// `audit` or `doctor`.
    pub(super) command: String,
    pub(super) rule: String,
    pub(super) file: String,
    /// The line of code, with its white space normalised.
    pub(super) code: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Judgement {
    Right,
    /// A false alarm that is known.
    Wrong,
}

pub(super) type Judged = BTreeMap<Finding, Judgement>;

/// As a line of tests/corpus/judged.txt, without its judgement.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, version) = &self.crate_;
        let Self {
            command,
            rule,
            file,
            code,
            ..
        } = self;
        write!(f, "{name} {version} {command} {rule} {file} {code}")
    }
}

/// Reads the lines of the list: a judgement, then a finding.
pub(super) fn read(list: &str) -> anyhow::Result<Judged> {
    let lines = list.lines().filter(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    });
    lines
        .map(|line| read_line(line).with_context(|| format!("judged.txt: `{line}`")))
        .collect()
}

fn read_line(line: &str) -> anyhow::Result<(Finding, Judgement)> {
    let words: Vec<&str> = line.splitn(7, ' ').collect();
    let [judgement, name, version, command, rule, file, code] = words[..] else {
        bail!("expected a judgement, name, version, command, rule, file and code");
    };
    let judgement = match judgement {
        "right" => Judgement::Right,
        "wrong" => Judgement::Wrong,
        other => bail!("expected `right` or `wrong`, found `{other}`"),
    };
    let finding = Finding {
        crate_: (name.to_owned(), version.to_owned()),
        command: command.to_owned(),
        rule: rule.to_owned(),
        file: file.to_owned(),
        code: code.to_owned(),
    };
    Ok((finding, judgement))
}

/// The findings, without the notes, among the JSON messages of a command.
pub(super) fn findings(
    messages: &str,
    listed: &Crate,
    command: &str,
) -> anyhow::Result<Vec<Finding>> {
    let mut found = Vec::new();
    for line in messages.lines() {
        let message: Value = serde_json::from_str(line)
            .with_context(|| format!("`cargo traced {command}` printed `{line}`"))?;
        if message["level"] != "warning" {
            continue;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let span = &message["spans"][0];
        let code = text(&span["text"][0]["text"]);
        let code: Vec<&str> = code.split_whitespace().collect();
        found.push(Finding {
            crate_: (listed.name.clone(), listed.version.clone()),
            command: command.to_owned(),
            rule: text(&message["code"]["code"])
                .trim_start_matches("traced::")
                .to_owned(),
            file: text(&span["file_name"]),
            code: code.join(" "),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(level: &str, rule: &str) -> String {
        let span = json!({"file_name": "src/a.rs", "text": [{"text": "    tokio::spawn(  f());"}]});
        json!({"level": level, "code": {"code": format!("traced::{rule}")}, "spans": [span]})
            .to_string()
    }

    #[test]
    fn findings_are_those_of_the_list_and_notes_are_none() {
        let listed = Crate {
            name: "a".to_owned(),
            version: "1.0.0".to_owned(),
            ..Crate::default()
        };
        let messages = [
            message("warning", "spawn_site"),
            message("note", "entry_point"),
        ];
        let found = findings(&messages.join("\n"), &listed, "audit").unwrap();
        assert_eq!(found.len(), 1);
        let line = found[0].to_string();
        assert_eq!(
            line,
            "a 1.0.0 audit spawn_site src/a.rs tokio::spawn( f());"
        );
        let judged = read(&format!("# why\n\nwrong {line}\n")).unwrap();
        assert_eq!(judged[&found[0]], Judgement::Wrong);
        assert!(findings("half a line", &listed, "audit").is_err());
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = |list| format!("{:#}", read(list).unwrap_err());
        assert_eq!(
            error("perhaps a 1.0.0 audit spawn_site src/a.rs f();"),
            "judged.txt: `perhaps a 1.0.0 audit spawn_site src/a.rs f();`: \
             expected `right` or `wrong`, found `perhaps`"
        );
        assert!(error("right a 1.0.0").contains("expected a judgement, name"));
    }

    #[test]
    fn the_committed_list_can_be_read() {
        read(include_str!("../../../tests/corpus/judged.txt")).unwrap();
    }
}
