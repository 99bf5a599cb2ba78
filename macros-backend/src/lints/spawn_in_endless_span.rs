//! `spawn_in_endless_span`: a task that a loop without an end spawns into its span.

use super::endless_span::loop_in_span;
use super::{LintContext, is_allowed};
use crate::diagnostics::{self, Errors};
use crate::spawners::spawns;
use crate::syntax::endless::bare_spawns;

/// Whoever wants a span around such a loop (`allow(endless_span)`) hardly wants every task of it in one trace.
///
/// Without that, `endless_span` says what to do about the loop.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    if !is_allowed(cx.args, "endless_span") || cx.args.spawn.is_some() {
        return;
    }
    let Some(endless) = loop_in_span(cx) else {
        return;
    };
    for spawn in bare_spawns(endless.body, spawns) {
        errors.push(diagnostics::spawn_in_endless_span(spawn));
    }
}
