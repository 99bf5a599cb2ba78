//! `not_traceable`: a `const fn`.

use super::LintContext;
use crate::diagnostics::{self, Errors};

/// A `const fn` may run in the compiler, where no span can start. What is no
/// function at all does not come this far: see [`crate::item`].
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    let constness = cx.head.and_then(|head| head.signature.constness);
    if let Some(constness) = constness {
        errors.push(diagnostics::not_traceable_const(constness));
    }
}
