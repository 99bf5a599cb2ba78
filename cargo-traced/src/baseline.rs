//! The baseline: a file that lists known findings, without line numbers.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::findings::{Finding, Level};

/// The content of the file. Findings have fingerprints and not line numbers, so that the lines above a finding may
/// change.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Baseline {
    version: u32,
    /// The number of findings with each fingerprint.
    findings: BTreeMap<String, usize>,
}

/// The fingerprint: rule, file, function, and the line of code with its white space normalised.
pub(crate) fn fingerprint(finding: &Finding<'_>) -> String {
    let line = finding.file.place(finding.range.start).line;
    let code: Vec<&str> = finding.file.line(line).split_whitespace().collect();
    format!(
        "{} {} {} {}",
        finding.rule,
        finding.file.shown,
        finding.function,
        code.join(" ")
    )
}

impl Baseline {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the baseline {}", path.display()))?;
        let baseline: Baseline = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a baseline of this command", path.display()))?;
        anyhow::ensure!(
            baseline.version == 1,
            "{} is a baseline of version {}; write it again with `--write-baseline`",
            path.display(),
            baseline.version
        );
        Ok(baseline)
    }

    /// The findings, notes excluded, as the content of a file.
    pub(crate) fn of(findings: &[Finding<'_>]) -> Self {
        let mut baseline = Baseline {
            version: 1,
            ..Baseline::default()
        };
        for finding in findings
            .iter()
            .filter(|finding| finding.level == Level::Warning)
        {
            *baseline.findings.entry(fingerprint(finding)).or_default() += 1;
        }
        baseline
    }

    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Removes the findings that are listed, and returns their number.
    pub(crate) fn remove_known(mut self, findings: &mut Vec<Finding<'_>>) -> usize {
        let before = findings.len();
        findings.retain(|finding| {
            let known = self.findings.get_mut(&fingerprint(finding));
            match known {
                Some(count) if *count > 0 && finding.level == Level::Warning => {
                    *count -= 1;
                    false
                }
                _ => true,
            }
        });
        before - findings.len()
    }
}
