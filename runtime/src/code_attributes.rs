//! The attributes `code.function.name`, `code.file.path` and `code.line.number` of spans, on request.
//!
//! Specification: semantic conventions, *Source code attributes*.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::{KeyValue, StringValue, Value};

use crate::call_site::CallSite;

/// Whether spans of other providers get the attributes at their start, as such a provider does not know call
/// sites. Spans of our provider get them from an observer, which costs nothing if they are not requested.
static ARE_ADDED_AT_START: AtomicBool = AtomicBool::new(false);

pub(crate) fn add_at_start(are_added: bool) {
    ARE_ADDED_AT_START.store(are_added, Ordering::Relaxed);
}

/// Adds them to the attributes with which a span of another provider starts, if they are requested.
#[inline]
pub(crate) fn at_start(site: &'static CallSite, attributes: &mut Option<Vec<KeyValue>>) {
    if ARE_ADDED_AT_START.load(Ordering::Relaxed) {
        add(site, attributes.get_or_insert_default());
    }
}

#[cold]
fn add(site: &'static CallSite, attributes: &mut Vec<KeyValue>) {
    for attribute in of(site) {
        if !attributes.iter().any(|other| other.key == attribute.key) {
            attributes.push(attribute);
        }
    }
}

/// The attributes of the spans of a call site.
pub(crate) fn of(site: &'static CallSite) -> [KeyValue; 3] {
    let location = site.location();
    [
        KeyValue::new("code.function.name", function_name(site)),
        KeyValue::new("code.file.path", location.file()),
        KeyValue::new("code.line.number", i64::from(location.line())),
    ]
}

thread_local! {
    /// A cache of the names of functions, by the addresses of their call sites.
    static NAMES: RefCell<HashMap<*const CallSite, Arc<str>>> = RefCell::default();
}

fn function_name(site: &'static CallSite) -> Value {
    let name = NAMES.try_with(|names| {
        let mut names = names.try_borrow_mut().ok()?;
        let name = names
            .entry(ptr::from_ref(site))
            .or_insert_with(|| site.function_path().into());
        Some(Arc::clone(name))
    });
    // No cache if the thread is ending, or if a user's annotated allocator was called while a name was being made.
    let name = name.ok().flatten();
    let name = name.unwrap_or_else(|| site.function_path().into());
    Value::String(StringValue::from(name))
}
