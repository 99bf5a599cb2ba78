//! `resource_attribute`: an attribute of the process, set on a span.

use super::LintContext;
use crate::diagnostics::{self, Errors};

/// An attribute that describes the process belongs on the resource, once, and not on each span.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    for entry in cx.entries() {
        if is_of_resource(&entry.key.name) {
            errors.push(diagnostics::resource_attribute(
                &entry.key.tokens,
                &entry.key.name,
            ));
        }
    }
}

pub(super) fn is_of_resource(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "deployment.environment",
        "deployment.environment.name",
        "service.instance.id",
        "service.name",
        "service.namespace",
        "service.version",
    ];
    const NAMESPACES: &[&str] = &["telemetry.distro.", "telemetry.sdk."];
    KEYS.contains(&key) || NAMESPACES.iter().any(|space| key.starts_with(space))
}
