//! `unread_variable`: variables that `traced` does not read, above all misspelt ones.

use super::Examined;
use super::environment::Environment;
use super::variable_names::{Judgement, is_about_telemetry, judge, known};
use crate::findings::{Finding, Help, Level};

pub(super) fn check<'p>(examined: &'p Examined<'_>, findings: &mut Vec<Finding<'p>>) {
    for source in examined.environment.sources() {
        for setting in &source.settings {
            let name = setting.name.as_str();
            if !is_about_telemetry(name) || is_read_by(examined, name) {
                continue;
            }
            let (level, label, help) = match judge(name) {
                Judgement::Read => continue,
                Judgement::Misspelt(known) => {
                    let text = format!("there is one with a similar name, `{known}`");
                    let edit = (setting.name_range.clone(), known.to_owned());
                    (Level::Warning, None, vec![Help::edit(text, edit)])
                }
                Judgement::OfOthers(why) => (Level::Note, Some(why.to_owned()), Vec::new()),
                // No other program has variables of this name.
                Judgement::Unknown if name.starts_with("TRACED_") => {
                    let text = "docs/variables.md lists those that are read";
                    (Level::Warning, None, vec![Help::text(text)])
                }
                Judgement::Unknown => {
                    let text = "docs/variables.md lists those that are read";
                    (Level::Note, None, vec![Help::text(text)])
                }
            };
            findings.push(Finding {
                rule: "unread_variable",
                level,
                file: &source.text,
                range: setting.name_range.clone(),
                message: format!("`traced` does not read `{name}`"),
                label,
                help,
                function: String::new(),
                function_start: None,
            });
        }
    }
    ignored_beside_a_file(&examined.environment, findings);
}

/// With a configuration file, none of the other variables of OpenTelemetry counts.
fn ignored_beside_a_file<'p>(environment: &'p Environment, findings: &mut Vec<Finding<'p>>) {
    let Some(file) = environment.get("OTEL_CONFIG_FILE") else {
        return;
    };
    let names = known().filter(|name| name.starts_with("OTEL_"));
    let others: Vec<String> = names
        .filter(|name| !name.ends_with("_CONFIG_FILE") && *name != "OTEL_LOG_LEVEL")
        .filter(|name| environment.get(name).is_some())
        .map(|name| format!("`{name}`"))
        .collect();
    if others.is_empty() {
        return;
    }
    let referred = "the file may refer to a variable as `${NAME}`";
    findings.push(Finding {
        rule: "unread_variable",
        level: Level::Note,
        file: file.text,
        range: file.setting.name_range.clone(),
        message: format!(
            "with a configuration file, these do not count: {}",
            others.join(", ")
        ),
        label: None,
        help: vec![Help::text(referred)],
        function: String::new(),
        function_start: None,
    });
}

/// Whether the program itself names the variable.
fn is_read_by(examined: &Examined<'_>, name: &str) -> bool {
    let quoted = format!("\"{name}\"");
    let mut files = examined.sources.files.iter();
    files.any(|file| file.text.contains(&quoted))
}
