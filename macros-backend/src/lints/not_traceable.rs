//! `not_traceable`: a `const fn`.

use super::LintContext;
use crate::diagnostics::{self, Errors};

/// A `const fn` may run at compile time, where no span can start. Items that are not functions are rejected
/// in [`crate::item`].
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    let constness = cx.head.and_then(|head| head.signature.constness);
    if let Some(constness) = constness {
        errors.push(diagnostics::not_traceable_const(constness));
    }
}
