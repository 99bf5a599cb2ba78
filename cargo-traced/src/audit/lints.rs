//! What `#[traced]` refuses, in functions that do not have it: the macros' own lints.

use traced_macros_backend::inspect::lint;

use super::Report;
use super::program::Program;
use crate::findings::{Finding, Help, Level};

/// In an annotated function, rustc reports the same.
pub(super) fn check<'a>(program: &Program<'a>, report: &mut Report<'a>) {
    // `current` is an attribute without a span of its own: some lints are about that span.
    let no_span = quote::quote!(current);
    for function in program
        .of_program()
        .filter(|function| !function.is_traced())
    {
        for mistake in lint(no_span.clone(), function.tokens.clone()) {
            let Some(rule) = mistake.lint else {
                continue;
            };
            let (message, fix) = match mistake.message.split_once("; ") {
                Some((message, fix)) => (message.to_owned(), Some(fix.to_owned())),
                None => (mistake.message, None),
            };
            let about = format!("docs/lints.md#{rule} shows what the broken trace looks like");
            report.findings.push(Finding {
                rule,
                level: Level::Warning,
                file: function.file,
                range: function.file.range(mistake.span),
                message,
                label: None,
                help: fix.into_iter().chain([about]).map(Help::text).collect(),
                function: function.title(),
                function_start: Some(function.start),
            });
        }
    }
}
