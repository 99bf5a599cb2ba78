//! `tracing_spans`: spans of `tracing` in a program whose traces are OpenTelemetry's.

use super::Report;
use super::calls::{self, Call};
use super::program::Program;
use super::spans::exports_tracing;
use crate::findings::{Finding, Help, Level};
use crate::functions::{Function, has_attribute};

/// Without `tracing-opentelemetry`, no exporter gets these spans, and the functions called in them have the
/// current span of OpenTelemetry as their parent.
pub(super) fn check<'a>(program: &Program<'a>, report: &mut Report<'a>) {
    if !program.package.dependencies.has("traced") || exports_tracing(program) {
        return;
    }
    for function in program.of_program() {
        if has_attribute(&function.attributes, &["instrument"]) && !function.is_traced() {
            report.findings.push(finding(
                function,
                function.name_range(),
                "`#[instrument]` makes a span of `tracing`",
            ));
        }
        calls::in_block(&function.block, &mut |call| {
            if let Call::Method(call) = call
                && call.method == "instrument"
                && call.args.len() == 1
            {
                let range = function.file.range(call.method.span());
                report.findings.push(finding(
                    function,
                    range,
                    "`.instrument(..)` enters a span of `tracing`",
                ));
            }
        });
    }
}

fn finding<'a>(
    function: &'a Function<'a>,
    range: std::ops::Range<usize>,
    what: &str,
) -> Finding<'a> {
    Finding {
        rule: "tracing_spans",
        // A layer may come from a crate that this package only hands its subscriber to.
        level: Level::Note,
        file: function.file,
        range,
        message: format!(
            "{what}, which only reaches OpenTelemetry through `tracing-opentelemetry`; this package does not depend on it"
        ),
        label: None,
        help: vec![Help::text("`cargo traced migrate` replaces it")],
        function: function.title(),
        function_start: Some(function.start),
    }
}
