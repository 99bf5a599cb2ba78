//! The observer that adds the attributes of the source code to each span.

use opentelemetry::Context;

use crate::code_attributes;
use crate::recorder::{Observer, Record};

/// Sets `code.function.name`, `code.file.path` and `code.line.number` on spans of call sites.
#[derive(Debug)]
pub(super) struct CodeAttributes;

impl Observer for CodeAttributes {
    fn started(&self, span: &mut Record, _: &Context) {
        let Some(site) = span.call_site() else {
            return;
        };
        for attribute in code_attributes::of(site) {
            // An attribute that the function sets itself is kept.
            if !span.has_attribute(attribute.key.as_str()) {
                span.set_attribute(attribute);
            }
        }
    }
}
