//! `two_spans`: `#[instrument]` and `#[traced]` on one function.

use super::Report;
use super::program::Program;
use crate::findings::{Finding, Help, Level};
use crate::functions::has_attribute;
use crate::syntax::segments;

/// Each call then has two spans, and the attributes that are recorded on one are missing on the other.
pub(super) fn check<'a>(program: &Program<'a>, report: &mut Report<'a>) {
    for function in program.of_program() {
        if !function.is_traced() || !has_attribute(&function.attributes, &["instrument"]) {
            continue;
        }
        let mut attributes = function.attributes.iter();
        let instrument = attributes.find(|attribute| {
            segments(attribute.path())
                .last()
                .is_some_and(|last| last == "instrument")
        });
        let Some(range) = instrument.and_then(|attribute| function.file.range_of(attribute)) else {
            continue;
        };
        report.findings.push(Finding {
            rule: "two_spans",
            level: Level::Warning,
            file: function.file,
            range,
            message: format!(
                "`{}` has `#[instrument]` and `#[traced]`, so each call makes two spans",
                function.title()
            ),
            label: None,
            help: vec![Help::text(
                "keep `#[traced]`; `cargo traced migrate` moves the arguments over",
            )],
            function: function.title(),
            function_start: Some(function.start),
        });
    }
}
