//! `// traced: allow(rule) reason`: findings that the authors accept.

use crate::findings::{Finding, Help, Level};
use crate::sources::Text;

/// A comment that allows rules.
struct Allowed {
    rules: Vec<String>,
    has_reason: bool,
}

/// Removes the findings that a comment allows, and returns their number. A comment without a reason
/// allows nothing, and the finding says so.
pub(crate) fn remove(findings: &mut Vec<Finding<'_>>) -> usize {
    let before = findings.len();
    findings.retain_mut(|finding| {
        let mut places = vec![finding.file.place(finding.range.start).line];
        places.extend(finding.function_start.map(|at| finding.file.place(at).line));
        for line in places {
            match allowed_at(finding.file, line, finding.rule) {
                Some(true) => return false,
                Some(false) => {
                    let text = "the comment that allows this gives no reason, so it does not count; \
                                write `// traced: allow(rule) why`";
                    if finding.level == Level::Warning && finding.help.iter().all(|help| help.message != text) {
                        finding.help.push(Help::text(text));
                    }
                }
                None => {}
            }
        }
        true
    });
    before - findings.len()
}

/// Whether a comment at the end of the line, or among the comments and attributes above it, allows the rule. It is
/// `Some(false)` if the comment gives no reason.
fn allowed_at(file: &Text, line: usize, rule: &str) -> Option<bool> {
    let of_line = |line: usize| {
        let allowed = comment(file.line(line))?;
        allowed
            .rules
            .iter()
            .any(|name| name == rule)
            .then_some(allowed.has_reason)
    };
    if let Some(found) = of_line(line) {
        return Some(found);
    }
    let above = (1..line).rev().take_while(|line| {
        let text = file.line(*line).trim_start();
        text.starts_with("//") || text.starts_with('#')
    });
    above.into_iter().find_map(of_line)
}

fn comment(line: &str) -> Option<Allowed> {
    let (before, comment) = line.split_once(" traced: allow(")?;
    // Comments of settings, such as `.env`, begin with `#`.
    if !before.ends_with("//") && !before.ends_with('#') {
        return None;
    }
    let (rules, reason) = comment.split_once(')')?;
    Some(Allowed {
        rules: rules.split(',').map(rule_name).collect(),
        has_reason: !reason.trim_matches([' ', ':', '-', '.']).is_empty(),
    })
}

/// The name of the rule, also if it is written as in a report: `traced::spawn_site`.
fn rule_name(written: &str) -> String {
    let name = written.trim();
    name.strip_prefix("traced::").unwrap_or(name).to_owned()
}

/// Whether a comment allows the rule at this place, with a reason.
pub(super) fn is_allowed(file: &Text, at: usize, rule: &str) -> bool {
    allowed_at(file, file.place(at).line, rule) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_names_rules_and_a_reason() {
        let allowed =
            comment("    x(); // traced: allow(spawn_site, channel) fire and forget").unwrap();
        assert_eq!(allowed.rules, ["spawn_site", "channel"]);
        assert!(allowed.has_reason);
        assert!(!comment("// traced: allow(spawn_site)").unwrap().has_reason);
        assert!(comment("// allow(spawn_site) why").is_none());
        assert!(comment("let x = \"see traced: allow(spawn_site) why\";").is_none());
        assert!(comment("A=1 # traced: allow(unread_variable) why").is_some());
    }
}
