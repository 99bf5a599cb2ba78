//! `long_lived`: tasks that never end and keep the trace of the request that started them.

use std::collections::HashSet;
use std::ops::Range;

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprCall, ExprMethodCall, Item, Local, Pat, Stmt};
use traced_macros_backend::Mode;
use traced_macros_backend::inspect::{FoundSite, spawn_sites};

use super::Report;
use super::lives_on::lives_on;
use super::program::Program;
use crate::findings::{Finding, Help, Level};
use crate::functions::Function;
use crate::syntax::{mentions, path_of, segments};

const RULE: &str = "long_lived";

/// A function whose own span never ends needs no check here: a lint of the macro reports it.
pub(super) fn check<'a>(program: &Program<'a>, report: &mut Report<'a>) {
    for function in program.of_program() {
        let Some(ours) = &function.ours else {
            continue;
        };
        if !mentions(ours.args.clone(), &|word| {
            word == "link" || word == "detached"
        }) {
            check_tasks(program, function, report);
        }
    }
}

fn check_tasks<'a>(program: &Program<'a>, function: &'a Function<'a>, report: &mut Report<'a>) {
    let Some(ours) = &function.ours else {
        return;
    };
    let sites = spawn_sites(ours.mode, ours.args.clone(), function.tokens.clone());
    if sites.is_empty() {
        return;
    }
    let file = function.file;
    let mut found = Vec::new();
    let aborted = aborted(function);
    for (span, unit) in units(function, &sites) {
        let range = file.range(span);
        if let Some(level) = lives_on(unit, program, function)
            && !aborted.iter().any(|task| task.contains(&range.start))
        {
            found.push((range, level));
        }
    }
    for (range, level) in found {
        let what = match level {
            Level::Warning => "never ends",
            Level::Note => "may go on for as long as its channel or stream does",
        };
        report.findings.push(Finding {
            rule: RULE,
            level,
            file,
            range,
            message: format!("this task {what}, and all it ever does is part of the trace of `{}`", function.title()),
            label: None,
            help: vec![Help::text(
                "write `#[traced_spawn(link)]` on the statement, so that it begins a trace of its own, \
                 or `#[traced_spawn(detached)]` if it has nothing to do with who started it",
            )],
            function: function.title(),
            function_start: Some(function.start),
        });
    }
}

/// The places of the spawners in a function that get an endless task. `annotate` detaches these tasks, because with
/// `#[traced]` on the function all their spans would be in one trace.
pub(crate) fn endless_tasks(program: &Program<'_>, function: &Function<'_>) -> Vec<usize> {
    let sites = spawn_sites(
        Mode::SpawnSitesOnly,
        Default::default(),
        function.tokens.clone(),
    );
    if sites.is_empty() {
        return Vec::new();
    }
    let aborted = aborted(function);
    units(function, &sites)
        .into_iter()
        .filter(|(_, unit)| lives_on(unit, program, function) == Some(Level::Warning))
        .map(|(name, _)| function.file.range(name).start)
        .filter(|start| !aborted.iter().any(|task| task.contains(start)))
        .collect()
}

/// The places of the tasks that the function ends itself: `let beat = tokio::spawn(..); work().await; beat.abort();`.
fn aborted(function: &Function<'_>) -> Vec<Range<usize>> {
    #[derive(Default)]
    struct Tasks<'ast> {
        made: Vec<(String, &'ast Expr)>,
        aborted: HashSet<String>,
    }
    impl<'ast> Visit<'ast> for Tasks<'ast> {
        fn visit_local(&mut self, local: &'ast Local) {
            if let (Pat::Ident(name), Some(init)) = (&local.pat, &local.init) {
                self.made.push((name.ident.to_string(), &init.expr));
            }
            visit::visit_local(self, local);
        }

        fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
            if let ("abort", [task]) = (
                call.method.to_string().as_str(),
                path_of(&call.receiver).as_slice(),
            ) {
                self.aborted.insert(task.clone());
            }
            visit::visit_expr_method_call(self, call);
        }

        fn visit_item(&mut self, _: &'ast Item) {}
    }
    let mut tasks = Tasks::default();
    tasks.visit_block(&function.block);
    let made = tasks.made.into_iter();
    made.filter(|(name, _)| tasks.aborted.contains(name))
        .filter_map(|(_, task)| function.file.range_of(task))
        .collect()
}

/// The arguments of the spawners in a function, each with the name of its spawner. Left out are sites in macros, and
/// statements whose `#[traced_spawn(..)]` decides about the context.
fn units<'f>(function: &'f Function<'_>, sites: &[FoundSite]) -> Vec<(Span, &'f Expr)> {
    let start_of = |span| function.file.range(span).start;
    let mut units = Units {
        names: sites.iter().map(|site| start_of(site.span)).collect(),
        start_of: &start_of,
        found: Vec::new(),
    };
    units.visit_block(&function.block);
    units.found
}

/// Finds the arguments of the spawners at these places.
struct Units<'p, 'ast> {
    /// The places where the names of the spawners begin.
    names: HashSet<usize>,
    start_of: &'p dyn Fn(Span) -> usize,
    found: Vec<(Span, &'ast Expr)>,
}

impl<'ast> Units<'_, 'ast> {
    fn consider(&mut self, name: Span, arguments: impl DoubleEndedIterator<Item = &'ast Expr>) {
        if self.names.contains(&(self.start_of)(name)) {
            self.found
                .extend(arguments.map(|argument| (name, argument)));
        }
    }
}

/// Whether a statement has an attribute that decides about the context of its tasks.
pub(super) fn is_decided(statement: &Stmt) -> bool {
    let attributes = match statement {
        Stmt::Local(local) => &local.attrs,
        Stmt::Expr(expr, _) => attributes_of(expr),
        _ => &[][..],
    };
    attributes.iter().any(|attribute| {
        segments(attribute.path())
            .last()
            .is_some_and(|last| last == "traced_spawn")
            && mentions(attribute.meta.clone(), &|word| {
                word == "link" || word == "detached"
            })
    })
}

impl<'ast> Visit<'ast> for Units<'_, 'ast> {
    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        if !is_decided(statement) {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func
            && let Some(last) = path.path.segments.last()
        {
            self.consider(last.ident.span(), call.args.iter());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.consider(call.method.span(), call.args.iter());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// The attributes of a statement that is an expression stand on its outermost call.
fn attributes_of(expr: &Expr) -> &[Attribute] {
    match expr {
        Expr::Call(call) => &call.attrs,
        Expr::MethodCall(call) => match call.attrs.is_empty() {
            true => attributes_of(&call.receiver),
            false => &call.attrs,
        },
        Expr::Await(awaited) => match awaited.attrs.is_empty() {
            true => attributes_of(&awaited.base),
            false => &awaited.attrs,
        },
        Expr::Assign(assign) => &assign.attrs,
        _ => &[],
    }
}
