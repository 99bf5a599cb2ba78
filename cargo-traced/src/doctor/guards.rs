//! `guard_dropped`: telemetry whose guard is dropped at once.

use std::ops::Range;

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Item, Local, Pat, Stmt};

use super::Examined;
use super::code::is_guard;
use crate::audit::Program;
use crate::findings::{Finding, Help, Level};
use crate::functions::Function;

pub(super) fn check<'p>(examined: &'p Examined<'_>, findings: &mut Vec<Finding<'p>>) {
    for function in examined
        .functions
        .iter()
        .filter(|function| !function.is_test)
    {
        let mut visitor = Guards {
            program: &examined.program,
            function,
            findings,
        };
        visitor.visit_block(&function.block);
    }
}

struct Guards<'v, 'p, 'a> {
    program: &'v Program<'a>,
    function: &'p Function<'a>,
    findings: &'v mut Vec<Finding<'p>>,
}

impl Guards<'_, '_, '_> {
    fn is_guard(&self, expr: &Expr) -> bool {
        is_guard(expr, self.program, self.function)
    }

    fn report(&mut self, range: Option<Range<usize>>, label: &str, help: Help) {
        let function = self.function;
        self.findings.push(Finding {
            rule: "guard_dropped",
            level: Level::Warning,
            file: function.file,
            range: range.unwrap_or_else(|| function.name_range()),
            message: "telemetry ends as soon as it has begun".to_owned(),
            label: Some(label.to_owned()),
            help: vec![help],
            function: function.title(),
            function_start: Some(function.start),
        });
    }

    fn statement(&mut self, statement: &Stmt) {
        let file = self.function.file;
        let bind = "bind it to a name in `main`, and it flushes when the program ends";
        match statement {
            Stmt::Expr(expr, Some(_)) => {
                let (value, range) = match expr {
                    Expr::Assign(assign) if matches!(*assign.left, Expr::Infer(_)) => {
                        (&*assign.right, file.range_of(&assign.left))
                    }
                    other => (other, None),
                };
                if !self.is_guard(value) {
                    return;
                }
                let edit = match &range {
                    Some(range) => (range.clone(), "let _telemetry".to_owned()),
                    None => {
                        let start = file.range_of(value).map_or(0, |range| range.start);
                        (start..start, "let _telemetry = ".to_owned())
                    }
                };
                let place = file.range_of(value);
                self.report(place, "its guard is dropped here", Help::edit(bind, edit));
            }
            Stmt::Macro(call) if call.semi_token.is_some() => {
                let expr = Expr::Macro(syn::ExprMacro {
                    attrs: Vec::new(),
                    mac: call.mac.clone(),
                });
                if self.is_guard(&expr) {
                    let place = file.range_of(&call.mac);
                    let start = place.as_ref().map_or(0, |range| range.start);
                    let edit = (start..start, "let _telemetry = ".to_owned());
                    self.report(place, "its guard is dropped here", Help::edit(bind, edit));
                }
            }
            Stmt::Local(local) if is_wild(&local.pat) => {
                let Some(init) = local.init.as_ref().filter(|init| self.is_guard(&init.expr))
                else {
                    return;
                };
                let place = file.range_of(&init.expr);
                let name = file.range_of(name_of(&local.pat)).unwrap_or(0..0);
                let edit = (name, "_telemetry".to_owned());
                self.report(
                    place,
                    "`_` binds nothing, so its guard is dropped here",
                    Help::edit(bind, edit),
                );
            }
            _ => {}
        }
    }

    /// Reports a guard that is bound in the last statement of a block. At the end of the block it is dropped, before
    /// anything ran.
    fn bound_last(&mut self, block: &Block) {
        let Some((local, after)) =
            block
                .stmts
                .iter()
                .enumerate()
                .rev()
                .find_map(|(index, statement)| match statement {
                    Stmt::Local(local) => Some((local, &block.stmts[index + 1..])),
                    _ => None,
                })
        else {
            return;
        };
        let is_last = match after {
            [] => true,
            [Stmt::Expr(expr, None)] => is_nothing(expr),
            _ => false,
        };
        if is_last && binds_name(local) {
            let init = local.init.as_ref().filter(|init| self.is_guard(&init.expr));
            if let Some(init) = init {
                let place = self.function.file.range_of(&init.expr);
                let help =
                    Help::text("give the `TelemetryGuard` back, and bind it to a name in `main`");
                self.report(
                    place,
                    "its guard is dropped at the end of this block, where nothing has run yet",
                    help,
                );
            }
        }
    }
}

impl<'ast> Visit<'ast> for Guards<'_, '_, '_> {
    fn visit_block(&mut self, block: &'ast Block) {
        for statement in &block.stmts {
            self.statement(statement);
        }
        self.bound_last(block);
        visit::visit_block(self, block);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

fn is_wild(pat: &Pat) -> bool {
    matches!(name_of(pat), Pat::Wild(_))
}

/// The pattern without its type.
fn name_of(pat: &Pat) -> &Pat {
    match pat {
        Pat::Type(typed) => name_of(&typed.pat),
        pat => pat,
    }
}

fn binds_name(local: &Local) -> bool {
    matches!(name_of(&local.pat), Pat::Ident(_))
}

/// `()`, `Ok(())`.
fn is_nothing(expr: &Expr) -> bool {
    let written = expr.to_token_stream().to_string().replace(' ', "");
    matches!(written.as_str(), "()" | "Ok(())")
}
