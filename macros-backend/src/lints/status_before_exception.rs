//! `status_before_exception`: the status set before the exception is recorded.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::visit::Visit;
use syn::{Block, Expr, ExprMethodCall, Item, Lit, Stmt};

use super::LintContext;
use super::locals::Locals;
use crate::diagnostics::{self, Errors};
use crate::syntax::expressions::{only, path_of, plain, segments_of};

/// The exception has to be recorded first: a return between the two would leave a failed span without a reason.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    if let Some((body, locals)) = cx.body() {
        let mut visitor = StatusBeforeException {
            locals: &locals,
            recorded: Vec::new(),
            errors,
        };
        visitor.visit_block(body);
    }
}

struct StatusBeforeException<'a, 'b> {
    locals: &'a Locals<'b>,
    /// The spans whose exception is already recorded, as the code refers to them.
    recorded: Vec<String>,
    errors: &'a mut Errors,
}

impl<'ast> Visit<'ast> for StatusBeforeException<'_, '_> {
    fn visit_block(&mut self, block: &'ast Block) {
        let recorded_outside = self.recorded.len();
        for (place, statement) in block.stmts.iter().enumerate() {
            if let Stmt::Expr(call, _) = statement {
                self.check(call, &block.stmts[place + 1..]);
            }
            self.visit_stmt(statement);
        }
        self.recorded.truncate(recorded_outside);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

impl StatusBeforeException<'_, '_> {
    fn check(&mut self, call: &Expr, later: &[Stmt]) {
        if let Some((span, _)) = self.recorded_by(call) {
            self.recorded.push(span);
        }
        let Expr::MethodCall(status) = call else {
            return;
        };
        let span = self.reference_to(&status.receiver);
        if !fails(status) || self.recorded.contains(&span) {
            return;
        }
        let mut recorded = later.iter().filter_map(|later| match later {
            Stmt::Expr(later, _) => self.recorded_by(later),
            _ => None,
        });
        if let Some((_, exception)) = recorded.find(|(of, _)| *of == span) {
            self.errors.push(diagnostics::status_before_exception(
                &status.method,
                &exception,
            ));
        }
    }

    /// The span whose exception is recorded, and the name of the function that records it.
    fn recorded_by(&self, call: &Expr) -> Option<(String, Ident)> {
        match call {
            Expr::MethodCall(call) if records_exception(call) => {
                Some((self.reference_to(&call.receiver), call.method.clone()))
            }
            Expr::Call(call) => match plain(&call.func) {
                Expr::Path(function) if is_record_error(&segments_of(&function.path)) => {
                    let name = function.path.segments.last()?;
                    Some((CURRENT.to_owned(), name.ident.clone()))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// How the code refers to the span, by which it is recognised again.
    fn reference_to(&self, span: &Expr) -> String {
        match self.locals.is_current_span(span) {
            true => CURRENT.to_owned(),
            false => span.to_token_stream().to_string(),
        }
    }
}

/// Stands for the current span, to which code can refer in several ways.
const CURRENT: &str = "current";

/// `traced::record_error(&error)`, on the current span.
fn is_record_error(path: &[String]) -> bool {
    matches!(path, [.., krate, function] if krate == "traced" && function == "record_error")
}

/// Whether the call is `.set_status(Status::error(..))`, also with `Status::Error { .. }` or with `Status`
/// imported under another name.
fn fails(call: &ExprMethodCall) -> bool {
    let is_error = |path: &[String]| match path {
        [.., _, variant] => variant == "error" || variant == "Error",
        _ => false,
    };
    call.method == "set_status"
        && only(&call.args).is_some_and(|status| match plain(status) {
            Expr::Call(made) => is_error(&path_of(&made.func)),
            Expr::Struct(made) => is_error(&segments_of(&made.path)),
            _ => false,
        })
}

fn records_exception(call: &ExprMethodCall) -> bool {
    if call.method == "add_event" {
        let name = call.args.first().map(plain);
        return matches!(
            name,
            Some(Expr::Lit(name)) if matches!(&name.lit, Lit::Str(name) if name.value() == "exception")
        );
    }
    call.method == "record_error"
}
