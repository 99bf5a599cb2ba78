//! `deprecated_attribute`: a key that the semantic conventions renamed or removed.

use super::LintContext;
use super::resource_attribute::is_of_resource;
use crate::args::Entry;
use crate::diagnostics::{self, Errors};
use crate::semconv;

/// Deprecated keys that are also everyday words. Most functions that use them do not mean the old convention.
const EVERYDAY: &[&str] = &[
    "event.name",
    "message.compressed_size",
    "message.id",
    "message.type",
    "message.uncompressed_size",
    "pool.name",
    "state",
];

/// Dashboards that follow the conventions do not show a key that was removed from them.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    for Entry { key, .. } in cx.entries() {
        if EVERYDAY.contains(&key.name.as_str()) || is_of_resource(&key.name) {
            continue;
        }
        if let Some(instead) = semconv::deprecated(&key.name) {
            errors.push(diagnostics::deprecated_attribute(
                &key.tokens,
                &key.name,
                instead,
            ));
        }
    }
}
