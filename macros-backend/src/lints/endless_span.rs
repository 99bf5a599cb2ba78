//! `endless_span`: a span around a loop that never ends.

use super::LintContext;
use crate::diagnostics::{self, Errors};
use crate::syntax::endless::{Endless, endless_loop};

/// A span is exported when it ends. This one never ends, so everything that the loop does has a parent that is
/// never exported.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    let (Some(head), Some(endless)) = (cx.head, loop_in_span(cx)) else {
        return;
    };
    let name = &head.signature.ident;
    errors.push(diagnostics::endless_span(endless.keyword, name));
}

/// The endless loop that the span of the function is around.
pub(super) fn loop_in_span<'b>(cx: &'b LintContext<'_>) -> Option<Endless<'b>> {
    // With `current` or `skip` the function has no span of its own, and with `enabled` the user decides when.
    let args = cx.args;
    let has_span = args.current.is_none() && args.skip.is_none() && args.enabled.is_none();
    let body = cx.body.as_ref().filter(|_| has_span)?;
    endless_loop(body)
}
