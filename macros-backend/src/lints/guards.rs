//! Guards that attach a context, as three lints recognise them.

use syn::Expr;

use super::locals::{Locals, is_of_context};
use crate::syntax::expressions::{calls, plain};

/// Whether the expression attaches a context for as long as its value lives.
pub(super) fn is_guard(expr: &Expr, locals: &Locals<'_>) -> bool {
    match plain(expr) {
        Expr::MethodCall(call) => {
            call.method == "attach" && call.args.is_empty() && locals.is_context(&call.receiver)
        }
        Expr::Call(call) if is_of_context(&call.func, &["attach"]) => call.args.len() == 1,
        other => calls(other, "mark_span_as_active"),
    }
}
