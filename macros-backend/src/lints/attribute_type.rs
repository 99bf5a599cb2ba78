//! `attribute_type`: a key of the semantic conventions with a value of another type.

use super::LintContext;
use super::value_type::ValueType;
use crate::diagnostics::{self, Errors};
use crate::semconv;

/// A backend that indexes a key by its type in the conventions drops values of other types.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    for entry in cx.entries() {
        let expected = semconv::type_of(&entry.key.name).and_then(ValueType::expected);
        let (Some(expected), Some(found)) = (expected, ValueType::by(entry)) else {
            continue;
        };
        if expected != found {
            errors.push(diagnostics::attribute_type(
                &entry.value,
                &entry.key.name,
                (expected.noun(), found.noun()),
                &expected.advice(entry),
            ));
        }
    }
}
