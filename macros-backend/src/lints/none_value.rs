//! `none_value`: an attribute whose value is always `None`.

use syn::Expr;

use super::LintContext;
use crate::args::{Entry, Form};
use crate::diagnostics::{self, Errors};
use crate::syntax::expressions::segments_of;

/// `None` records nothing, so an attribute that is always `None` is never there.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    for Entry { key, form, value } in cx.entries() {
        if *form == Form::Value && is_none(value) {
            errors.push(diagnostics::none_value(value, &key.name));
        }
    }
}

/// `None` and `Option::None`: another type may have a `None` of its own.
fn is_none(value: &Expr) -> bool {
    match value {
        Expr::Path(path) => match segments_of(&path.path).as_slice() {
            [none] => none == "None",
            [.., owner, none] => owner == "Option" && none == "None",
            [] => false,
        },
        Expr::Paren(inner) => is_none(&inner.expr),
        Expr::Group(inner) => is_none(&inner.expr),
        _ => false,
    }
}
