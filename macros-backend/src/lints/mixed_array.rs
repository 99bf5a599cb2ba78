//! `mixed_array`: an array attribute with elements of several types.

use syn::Expr;

use super::LintContext;
use super::value_type::ValueType;
use crate::diagnostics::{self, Errors};

/// The elements of an array attribute have one type.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    for entry in cx.entries() {
        let Some(array) = array_in(&entry.value) else {
            continue;
        };
        let mut literals = array
            .elems
            .iter()
            .filter_map(|element| Some((element, ValueType::as_expr(element)?)));
        let Some((_, first)) = literals.next() else {
            continue;
        };
        if let Some((odd, found)) = literals.find(|(_, found)| *found != first) {
            errors.push(diagnostics::mixed_array(odd, first.noun(), found.noun()));
        }
    }
}

fn array_in(value: &Expr) -> Option<&syn::ExprArray> {
    match value {
        Expr::Array(array) => Some(array),
        Expr::Reference(reference) => array_in(&reference.expr),
        Expr::Paren(inner) => array_in(&inner.expr),
        Expr::Group(inner) => array_in(&inner.expr),
        _ => None,
    }
}
