//! `misspelt_attribute`: a key within a typo of one of the semantic conventions.

use super::LintContext;
use crate::args::Entry;
use crate::diagnostics::{self, Errors};
use crate::semconv;

/// A slip in a key of the conventions makes a key of its own.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    for Entry { key, .. } in cx.entries() {
        if let Some(meant) = semconv::meant(&key.name) {
            errors.push(diagnostics::misspelt_attribute(
                &key.tokens,
                &key.name,
                meant,
            ));
        }
    }
}
