//! `long_lived`: tasks that never end and keep the trace of the request that started them.

use std::collections::HashSet;

use proc_macro2::Span;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Expr, ExprCall, ExprMethodCall, Item, Stmt};
use traced_macros_backend::Mode;
use traced_macros_backend::inspect::{self, FoundSite, spawn_sites};

use super::Report;
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
    for (span, unit) in units(function, &sites) {
        if let Some(level) = lives_on(unit, program, function) {
            found.push((file.range(span), level));
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
    units(function, &sites)
        .into_iter()
        .filter(|(_, unit)| lives_on(unit, program, function) == Some(Level::Warning))
        .map(|(name, _)| function.file.range(name).start)
        .collect()
}

/// The arguments of the spawners in a function, each with the name of its spawner. Left out are sites in macros, and
/// statements whose `#[traced_spawn(..)]` decides about the context.
pub(super) fn units<'f>(function: &'f Function<'_>, sites: &[FoundSite]) -> Vec<(Span, &'f Expr)> {
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
fn is_decided(attributes: &[Attribute]) -> bool {
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
        let attributes = match statement {
            Stmt::Local(local) => &local.attrs,
            Stmt::Expr(expr, _) => attributes_of(expr),
            _ => &[][..],
        };
        if !is_decided(attributes) {
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

/// The level of a report about a spawned expression: a warning for a loop that never ends, a note for a loop that
/// waits for messages or ticks.
pub(super) fn lives_on(unit: &Expr, program: &Program<'_>, from: &Function<'_>) -> Option<Level> {
    match unit {
        Expr::Async(block) => of_block(&block.block),
        Expr::Closure(closure) => match &*closure.body {
            Expr::Block(block) => of_block(&block.block),
            body => lives_on(body, program, from),
        },
        Expr::Call(call) => {
            let path = path_of(&call.func);
            if matches!(path.as_slice(), [owner, name] if owner == "Box" && name == "pin") {
                return lives_on(call.args.first()?, program, from);
            }
            if serves_others(&call.func) {
                return Some(Level::Note);
            }
            let function = program.resolve(&path, from)?;
            of_block(&function.block)
        }
        Expr::Path(_) => of_block(&program.resolve(&path_of(unit), from)?.block),
        Expr::Await(awaited) => lives_on(&awaited.base, program, from),
        Expr::MethodCall(call) => {
            // `purge(shared).instrument(span)`
            const SAME: &[&str] = &[
                "in_current_span",
                "instrument",
                "into_future",
                "with_graceful_shutdown",
            ];
            if serves_others(&call.method) {
                return Some(Level::Note);
            }
            let is_same = SAME.iter().any(|name| call.method == name);
            is_same.then(|| lives_on(&call.receiver, program, from))?
        }
        _ => None,
    }
}

fn of_block(block: &Block) -> Option<Level> {
    if never_ends(block) {
        return Some(Level::Warning);
    }
    if serves_others(block) {
        return Some(Level::Note);
    }
    let waits = block.stmts.iter().any(|statement| match statement {
        Stmt::Expr(Expr::While(looped), _) => mentions(&looped.cond, &|word| {
            matches!(word, "recv" | "next" | "tick" | "changed")
        }),
        Stmt::Expr(Expr::Loop(looped), _) => mentions(&looped.body, &|word| {
            matches!(
                word,
                "accept"
                    | "changed"
                    | "next"
                    | "park"
                    | "recv"
                    | "sleep"
                    | "tick"
                    | "wait"
                    | "wait_timeout"
            )
        }),
        _ => false,
    });
    waits.then_some(Level::Note)
}

/// Whether code gives connections to a server of hyper, axum, tonic or actix-web, which runs as long as the program.
pub(crate) fn serves_others(code: impl ToTokens) -> bool {
    const SERVING: &[&str] = &[
        "HttpServer",
        "serve",
        "serve_connection",
        "serve_connection_with_upgrades",
        "serve_with_incoming",
        "serve_with_incoming_shutdown",
        "serve_with_shutdown",
    ];
    mentions(code, &|word| SERVING.contains(&word))
}

/// Whether a block never ends: the macro would refuse a span for it, or its last expression is a `loop` without an
/// exit. Unlike the macro's lint, this also takes loops that wait for nothing.
pub(crate) fn never_ends(block: &Block) -> bool {
    inspect::never_ends(block) || ends_in_a_loop(block)
}

fn ends_in_a_loop(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(Expr::Loop(looped), _)) => {
            let mut exits = Exits {
                found: false,
                loops: 0,
                label: looped
                    .label
                    .as_ref()
                    .map(|label| label.name.ident.to_string()),
            };
            exits.visit_block(&looped.body);
            !exits.found
        }
        Some(Stmt::Expr(Expr::Block(inner), _)) => ends_in_a_loop(&inner.block),
        Some(Stmt::Expr(Expr::Await(awaited), _)) => match &*awaited.base {
            Expr::Async(inner) => ends_in_a_loop(&inner.block),
            _ => false,
        },
        _ => false,
    }
}

/// Finds the exits of the loop: `break`, `return`, `?`, and macros that may contain one.
struct Exits {
    found: bool,
    /// The number of loops around the current expression, without the outermost.
    loops: usize,
    label: Option<String>,
}

impl<'ast> Visit<'ast> for Exits {
    fn visit_expr_break(&mut self, exit: &'ast syn::ExprBreak) {
        let label = exit.label.as_ref().map(|label| label.ident.to_string());
        self.found |= match label {
            Some(label) => self.label.as_ref() == Some(&label) || self.loops == 0,
            None => self.loops == 0,
        };
        visit::visit_expr_break(self, exit);
    }

    fn visit_expr_return(&mut self, _: &'ast syn::ExprReturn) {
        self.found = true;
    }

    fn visit_expr_try(&mut self, _: &'ast syn::ExprTry) {
        self.found = true;
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.found |= mentions(mac.tokens.clone(), &|word| {
            matches!(word, "break" | "return")
        }) || mac.tokens.to_string().contains('?')
            || mac.path.is_ident("panic");
    }

    fn visit_expr_loop(&mut self, looped: &'ast syn::ExprLoop) {
        self.loops += 1;
        visit::visit_expr_loop(self, looped);
        self.loops -= 1;
    }

    fn visit_expr_while(&mut self, looped: &'ast syn::ExprWhile) {
        self.loops += 1;
        visit::visit_expr_while(self, looped);
        self.loops -= 1;
    }

    fn visit_expr_for_loop(&mut self, looped: &'ast syn::ExprForLoop) {
        self.loops += 1;
        visit::visit_expr_for_loop(self, looped);
        self.loops -= 1;
    }

    // Exits in here leave the closure, the future or the item, and not the loop.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}
