//! `duplicate_key`: an attribute or a baggage entry that is given twice.

use std::collections::HashSet;

use super::LintContext;
use crate::args::{Entry, Key};
use crate::diagnostics::{self, Errors};

/// OpenTelemetry exports both values of a key that is given twice.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    let mut seen = HashSet::new();
    for key in repeated(cx.attributes_and_lazy(), &mut seen) {
        errors.push(diagnostics::duplicate_key(&key.tokens, &key.name));
    }
    for of_result in cx.of_results() {
        for key in repeated(of_result, &mut seen.clone()) {
            errors.push(diagnostics::duplicate_key(&key.tokens, &key.name));
        }
    }
    for key in repeated(cx.scoped().iter(), &mut HashSet::new()) {
        errors.push(diagnostics::duplicate_key(&key.tokens, &key.name));
    }
    for key in repeated(cx.baggage().iter(), &mut HashSet::new()) {
        errors.push(diagnostics::duplicate_baggage(&key.tokens, &key.name));
    }
}

/// The keys that are in `seen` already. The others are added to it.
fn repeated<'e>(
    entries: impl Iterator<Item = &'e Entry>,
    seen: &mut HashSet<&'e str>,
) -> Vec<&'e Key> {
    let keys = entries.map(|entry| &entry.key);
    keys.filter(|key| !key.name.is_empty() && !seen.insert(&key.name))
        .collect()
}
