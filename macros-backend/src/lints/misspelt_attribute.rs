//! `misspelt_attribute`: a key that is a misspelt key of the semantic conventions.

use super::LintContext;
use crate::args::Entry;
use crate::diagnostics::{self, Errors};
use crate::semconv;

/// Dashboards that follow the conventions do not show a misspelt key.
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
