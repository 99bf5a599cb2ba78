//! Expressions and blocks that never return.

use syn::{Expr, Stmt};

use super::expressions::is_one_of;

/// Whether a block that ends in this statement never returns, because it loops or panics.
pub(crate) fn never_returns(last: Option<&Stmt>) -> bool {
    match last {
        Some(Stmt::Expr(tail, _)) => is_endless(tail),
        Some(Stmt::Macro(tail)) => panics(&tail.mac),
        _ => false,
    }
}

/// Whether the expression never has a value.
pub(crate) fn is_endless(expr: &Expr) -> bool {
    match expr {
        // The value of a loop with a `break` is hardly ever a `Result`.
        Expr::Loop(_) => true,
        Expr::Macro(call) => panics(&call.mac),
        Expr::Block(block) => never_returns(block.block.stmts.last()),
        _ => false,
    }
}

fn panics(call: &syn::Macro) -> bool {
    const PANICS: &[&str] = &["panic", "todo", "unimplemented", "unreachable"];
    is_one_of(&call.path, PANICS)
}
