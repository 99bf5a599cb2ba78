//! Literals.

use syn::{Expr, ExprLit, Lit};

pub(crate) fn string(expr: &Expr) -> Option<String> {
    match literal(expr)? {
        Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

/// The literal, also inside the invisible group of a `$kind:literal` of a `macro_rules!`.
pub(crate) fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Group(inner) => literal(&inner.expr),
        _ => None,
    }
}
