//! `deprecated_attribute`: a key that the semantic conventions renamed or removed.

use super::LintContext;
use super::resource_attribute::is_of_resource;
use crate::args::Entry;
use crate::diagnostics::{self, Errors};
use crate::semconv;

/// Deprecated keys that are also everyday words: more functions mean a thing of
/// their own by them than the convention of years ago.
const EVERYDAY: &[&str] = &[
    "event.name",
    "message.compressed_size",
    "message.id",
    "message.type",
    "message.uncompressed_size",
    "pool.name",
    "state",
];

/// A key that the conventions gave up is in no dashboard that follows them.
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
