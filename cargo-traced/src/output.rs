//! The formats in which findings are printed.

mod github;
mod human;
mod json;
mod sarif;

use std::io::{self, IsTerminal, Write};

use crate::cli::{Color, MessageFormat};
use crate::findings::{Finding, RuleName};

/// Prints the findings of these rules, and their summary.
///
/// In formats for programs, standard output has only the findings, and the summary is on standard error.
pub(crate) fn print(
    findings: &[Finding<'_>],
    rules: &[RuleName],
    summary: &str,
    (format, color): (MessageFormat, Color),
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        MessageFormat::Human => {
            let is_colored = is_colored(color, out.is_terminal());
            for finding in findings {
                writeln!(out, "{}\n", human::rendered(finding, is_colored))?;
            }
            writeln!(out, "{summary}")?;
            return out.flush();
        }
        MessageFormat::Json => {
            for finding in findings {
                writeln!(out, "{}", json::message(finding))?;
            }
        }
        MessageFormat::Sarif => writeln!(out, "{:#}", sarif::log(findings, rules))?,
        MessageFormat::Github => {
            for finding in findings {
                writeln!(out, "{}", github::command(finding))?;
            }
        }
    }
    out.flush()?;
    eprintln!("{summary}");
    Ok(())
}

fn is_colored(color: Color, is_terminal: bool) -> bool {
    let variable = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => is_terminal && !variable("NO_COLOR"),
    }
}
