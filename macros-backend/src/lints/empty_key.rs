//! `empty_key`: an attribute or a baggage entry without a key.

use super::LintContext;
use crate::args::Entry;
use crate::diagnostics::{self, Errors};

/// OpenTelemetry drops an attribute without a key.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    let is_empty = |entry: &&Entry| entry.key.name.is_empty();
    for Entry { key, .. } in cx.entries().filter(is_empty) {
        errors.push(diagnostics::empty_key(&key.tokens));
    }
    for Entry { key, .. } in cx.baggage().iter().filter(is_empty) {
        errors.push(diagnostics::empty_baggage_key(&key.tokens));
    }
}
