//! Workflow commands, which GitHub shows as annotations of a pull request.
//!
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>

use crate::findings::{Finding, Level};

pub(super) fn command(finding: &Finding<'_>) -> String {
    let (start, end) = (
        finding.file.place(finding.range.start),
        finding.file.place(finding.range.end),
    );
    let command = match finding.level {
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let help = finding
        .help
        .iter()
        .map(|help| format!("\nhelp: {}", help.message));
    let message = finding.message.clone() + &help.collect::<String>();
    let place = format!(
        "file={},line={},endLine={},col={},endColumn={},",
        property(&finding.file.shown),
        start.line,
        end.line,
        start.column,
        end.column,
    );
    // A variable of the environment is in no file that could be named.
    let place = if finding.file.is_file { &place } else { "" };
    format!(
        "::{command} {place}title={}::{}",
        property(&format!("traced::{}", finding.rule)),
        data(&message),
    )
}

/// The characters that end a message are encoded.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
