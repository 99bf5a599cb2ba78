//! Advice that depends on other findings, or on the manifest.

use std::collections::HashSet;

use super::program::Program;
use crate::findings::{Finding, Help};

/// Corrects the advice of the findings of one package.
pub(super) fn correct(program: &Program<'_>, findings: &mut [Finding<'_>]) {
    drop_second_attributes(findings);
    if program.package.dependencies.crate_name("traced").is_none() {
        let helps = findings.iter_mut().flat_map(|finding| &mut finding.help);
        for help in helps.filter(|help| !help.edits.is_empty()) {
            help.message += ", after `cargo add traced`";
        }
    }
}

/// The `#[traced]` that an entry point gets carries the context into its spawn sites too, so that nobody is told to write
/// `#[traced_spawn]` beside it.
fn drop_second_attributes(findings: &mut [Finding<'_>]) {
    let place = |finding: &Finding<'_>, help: &Help| {
        let (range, _) = help.edits.first()?;
        Some((finding.file.shown.clone(), range.start))
    };
    let is_entry_point = |finding: &&Finding<'_>| finding.rule == "entry_point";
    let places: HashSet<_> = findings
        .iter()
        .filter(is_entry_point)
        .flat_map(|finding| {
            let places = finding.help.iter();
            places.filter_map(|help| place(finding, help))
        })
        .collect();
    for finding in findings
        .iter_mut()
        .filter(|finding| finding.rule == "spawn_site")
    {
        let is_second =
            |help: &Help| place(finding, help).is_some_and(|place| places.contains(&place));
        if finding.help.iter().any(is_second) {
            finding.help = vec![Help::text(format!(
                "the `#[traced]` that `{}` needs carries the context in here, too",
                finding.function
            ))];
        }
    }
}
