//! Jobs that a scheduler or a queue runs.

use quote::ToTokens;
use syn::Expr;

use super::super::Report;
use super::super::calls::{self, Call, reaches_span};
use super::super::program::Program;
use super::{EntryPoint, note};
use crate::findings::{Help, Level};
use crate::functions::{Function, has_attribute};
use crate::syntax::{mentions, path_of};

pub(super) fn check<'a>(
    program: &Program<'a>,
    function: &'a Function<'a>,
    report: &mut Report<'a>,
) {
    let dependencies = &program.package.dependencies;
    let has_apalis = dependencies.has("apalis") || dependencies.has("apalis-core");
    let has_cron = dependencies.has("tokio-cron-scheduler");
    if !(has_apalis || has_cron) {
        return;
    }
    let makes_worker =
        has_apalis && mentions(function.block.clone(), &|word| word == "WorkerBuilder");
    calls::in_block(&function.block, &mut |call| match call {
        Call::Method(call)
            if makes_worker && (call.method == "build_fn" || call.method == "build") =>
        {
            let path = call.args.first().map(path_of).unwrap_or_default();
            if let Some(job) = program.resolve(&path, function) {
                note(
                    program,
                    report,
                    job.is_traced(),
                    EntryPoint::whole(job, "a job"),
                );
            }
        }
        _ => {}
    });
    if has_cron {
        for (range, closure) in cron_jobs(function) {
            let is_traced = reaches_span(
                |each| calls::in_expression(closure, each),
                program,
                function,
            ) || calls_one_with_a_span(closure, program, function);
            let entry = EntryPoint {
                function,
                range,
                level: Level::Warning,
                what: format!("the job that `{}` schedules", function.title()),
                help: Help::text("move the body of the job to a function with `#[traced]`"),
            };
            note(program, report, is_traced, entry);
        }
    }
}

/// Whether a job calls a function that has or makes a span of `tracing`, which counts as it does for a handler.
fn calls_one_with_a_span(job: &Expr, program: &Program<'_>, from: &Function<'_>) -> bool {
    let mut found = false;
    calls::in_expression(job, &mut |call| {
        if let Call::Function(path) = call
            && let Some(callee) = program.resolve(path, from)
        {
            found |= has_attribute(&callee.attributes, &["instrument"]) || makes_a_span(callee);
        }
    });
    found
}

/// `info_span!(..)`, `tracing::span!(..)`.
fn makes_a_span(function: &Function<'_>) -> bool {
    let mut found = false;
    calls::in_block(&function.block, &mut |call| {
        if let Call::Macro(mac) = call {
            let last = mac.path.segments.last();
            found |= last.is_some_and(|last| last.ident.to_string().ends_with("span"));
        }
    });
    found
}

/// `Job::new_async("0 * * * * *", |id, scheduler| ..)`.
fn cron_jobs<'a>(function: &'a Function<'_>) -> Vec<(std::ops::Range<usize>, &'a Expr)> {
    use syn::visit::{self, Visit};
    struct Jobs<'ast>(Vec<(proc_macro2::Span, &'ast Expr)>);
    impl<'ast> Visit<'ast> for Jobs<'ast> {
        fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
            let path = path_of(&call.func);
            let makes = matches!(path.as_slice(), [.., owner, name]
                if owner == "Job" && name.starts_with("new"));
            if let (true, Some(closure @ Expr::Closure(_))) = (makes, call.args.last()) {
                let first = closure.to_token_stream().into_iter().next();
                self.0.extend(first.map(|token| (token.span(), closure)));
            }
            visit::visit_expr_call(self, call);
        }
    }
    let mut jobs = Jobs(Vec::new());
    jobs.visit_block(&function.block);
    let ranges = jobs
        .0
        .into_iter()
        .map(|(span, job)| (function.file.range(span), job));
    ranges.collect()
}
