//! The macros' own lints, applied to functions without `#[traced]`.

use traced_macros_backend::inspect::lint;

use super::Report;
use super::program::Program;
use crate::findings::{Finding, Help, Level};

/// Annotated functions are left out, as rustc reports the lints there.
pub(super) fn check<'a>(program: &Program<'a>, report: &mut Report<'a>) {
    // With `current`, the attribute makes no span, so the lints about the function's own span do not apply.
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
