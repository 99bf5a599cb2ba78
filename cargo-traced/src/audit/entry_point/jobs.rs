//! Jobs that a scheduler or a queue runs.

use quote::ToTokens;
use syn::Expr;

use super::super::Report;
use super::super::calls::{self, Call, reaches_span};
use super::super::program::Program;
use super::super::spans::{Spans, exports_tracing};
use super::{EntryPoint, note};
use crate::findings::{Help, Level};
use crate::functions::Function;
use crate::syntax::{block_of, mentions, path_of};

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
    let spans = Spans::of_any_library(program);
    let makes_worker =
        has_apalis && mentions(function.block.clone(), &|word| word == "WorkerBuilder");
    calls::in_block(&function.block, &mut |call| match call {
        Call::Method(call)
            if makes_worker && (call.method == "build_fn" || call.method == "build") =>
        {
            let path = call.args.first().map(path_of).unwrap_or_default();
            if let Some(job) = program.resolve(&path, function) {
                let is_traced = spans.has_one(job) || has_layer(&call.receiver, program);
                note(program, report, is_traced, EntryPoint::whole(job, "a job"));
            }
        }
        _ => {}
    });
    if has_cron {
        for (range, closure) in cron_jobs(function) {
            let work = block_of(closure);
            let is_traced = reaches_span(|each| calls::in_block(&work, each), program, function)
                || spans.covers(&work, function);
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

/// Whether the worker has a layer that makes a span for each job: ours, or apalis's own, whose spans are those of `tracing`.
fn has_layer(builder: &Expr, program: &Program<'_>) -> bool {
    let mut found = false;
    calls::in_expression(builder, &mut |call| match call {
        Call::Function(path) => {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            found |= matches!(names.as_slice(), [.., "apalis", "layer"])
                || (names.contains(&"TraceLayer") && exports_tracing(program));
        }
        Call::Method(call) => {
            found |= call.method == "enable_tracing" && exports_tracing(program);
        }
        Call::Macro(_) => {}
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
