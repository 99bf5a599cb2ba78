//! The macros' own lints, applied to functions without `#[traced]`.

use traced_macros_backend::Mode;
use traced_macros_backend::inspect::lint;

use super::Report;
use super::program::Program;
use crate::findings::{Finding, Help, Level};
use crate::functions::Function;

/// Annotated functions are left out, as rustc reports the lints there.
pub(super) fn check<'a>(program: &Program<'a>, report: &mut Report<'a>) {
    // With `current`, the attribute makes no span, so the lints about the function's own span do not apply.
    let no_span = quote::quote!(current);
    for function in program
        .of_program()
        .filter(|function| !has_our_attribute(function))
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

/// Whether rustc sees the function with `#[traced]`, perhaps with one that makes no span.
fn has_our_attribute(function: &Function<'_>) -> bool {
    let ours = function.ours.as_ref();
    ours.is_some_and(|ours| ours.mode == Mode::Span)
}
