//! `break` and `continue` that leave an expression.

use proc_macro2::{Ident, Literal};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprBlock, ExprForLoop, ExprLoop, ExprWhile, Item, Label, Lifetime};

use crate::syntax::expressions::extent;

/// A `break` or `continue` that is executed outside the `async` block.
pub(super) struct Jump {
    /// Its number within the expression.
    pub(super) number: Literal,
    pub(super) jump: Expr,
}

/// Replaces each jump that leaves the expression by a call with the number of the jump. A `break` with a value
/// stays, and rustc reports that it cannot leave an `async` block.
///
/// ```text
/// In:  { if done { break 'rows; } }
/// Out: { if done { return __exits.jump(0).await; } }
/// ```
pub(super) fn replace_jumps(value: &Expr, exits: &Ident) -> (Expr, Vec<Jump>) {
    let mut value = value.clone();
    let mut jumps = Jumps {
        exits,
        found: Vec::new(),
        labels: Vec::new(),
        loops: 0,
    };
    jumps.visit_expr_mut(&mut value);
    (value, jumps.found)
}

struct Jumps<'a> {
    exits: &'a Ident,
    found: Vec<Jump>,
    /// The labels inside the expression that are in scope.
    labels: Vec<Lifetime>,
    /// The number of loops inside the expression that are being visited.
    loops: usize,
}

impl Jumps<'_> {
    fn leads_out(&self, jump: &Expr) -> bool {
        let label = match jump {
            Expr::Break(jump) if jump.expr.is_none() => &jump.label,
            Expr::Continue(jump) => &jump.label,
            _ => return false,
        };
        match label {
            Some(label) => !self.labels.contains(label),
            None => self.loops == 0,
        }
    }

    fn within(&mut self, label: Option<&Label>, loops: usize, visit: impl FnOnce(&mut Self)) {
        self.labels.extend(label.map(|label| label.name.clone()));
        self.loops += loops;
        visit(self);
        self.loops -= loops;
        self.labels
            .truncate(self.labels.len() - usize::from(label.is_some()));
    }
}

impl VisitMut for Jumps<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            // No jump leads out of these.
            Expr::Async(_) | Expr::Closure(_) => return,
            _ => visit_mut::visit_expr_mut(self, expr),
        }
        if self.leads_out(expr) {
            let exits = self.exits;
            let number = Literal::usize_unsuffixed(self.found.len());
            // Located at the user's jump, for coverage reports.
            let name = Ident::new("jump", extent(expr).start);
            let named = hygienic_at!(name.span()=> return #exits.#name(#number).await);
            let jump = std::mem::replace(expr, Expr::Verbatim(named));
            self.found.push(Jump { number, jump });
        }
    }

    fn visit_expr_for_loop_mut(&mut self, expr: &mut ExprForLoop) {
        let label = expr.label.clone();
        self.within(label.as_ref(), 1, |jumps| {
            visit_mut::visit_expr_for_loop_mut(jumps, expr);
        });
    }

    fn visit_expr_loop_mut(&mut self, expr: &mut ExprLoop) {
        let label = expr.label.clone();
        self.within(label.as_ref(), 1, |jumps| {
            visit_mut::visit_expr_loop_mut(jumps, expr);
        });
    }

    fn visit_expr_while_mut(&mut self, expr: &mut ExprWhile) {
        let label = expr.label.clone();
        self.within(label.as_ref(), 1, |jumps| {
            visit_mut::visit_expr_while_mut(jumps, expr);
        });
    }

    fn visit_expr_block_mut(&mut self, expr: &mut ExprBlock) {
        let label = expr.label.clone();
        self.within(label.as_ref(), 0, |jumps| {
            visit_mut::visit_expr_block_mut(jumps, expr);
        });
    }

    // A nested item is another function's body.
    fn visit_item_mut(&mut self, _: &mut Item) {}
}
