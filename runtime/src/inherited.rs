//! The parent context in the environment of this process, which `parent_of_environment` makes the parent of spans
//! that would be roots.

use std::sync::OnceLock;

use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata as BaggageEntry};
use opentelemetry::trace::TraceContextExt as _;

use crate::start_flags;

/// Read once, so that no span start waits for a lock: the environment of a process does not change.
static PARENT: OnceLock<Context> = OnceLock::new();

/// Sets whether spans adopt the parent, which is read the first time that they do.
#[cfg_attr(not(feature = "init"), allow(dead_code, reason = "`init` calls it"))]
pub(crate) fn set(is_adopted: bool, read: impl FnOnce() -> Context) {
    if is_adopted && PARENT.get().is_none() {
        let _ = PARENT.set(read());
    }
    start_flags::set(start_flags::INHERITS, is_adopted);
}

/// Spans adopt no parent from now on.
#[cfg(feature = "init")]
pub(crate) fn unset() {
    start_flags::set(start_flags::INHERITS, false);
}

/// Whether spans that would be roots adopt the parent.
#[inline(always)]
pub(crate) fn is_set() -> bool {
    start_flags::has(start_flags::INHERITS)
}

/// Adds the inherited span to a context without a span, and then the inherited baggage if it has none.
#[inline]
pub(crate) fn adopt(context: Context) -> Context {
    match is_set() && !context.span().span_context().is_valid() {
        true => adopted(context),
        false => context,
    }
}

#[cold]
fn adopted(context: Context) -> Context {
    let Some(parent) = PARENT.get() else {
        return context;
    };
    let span = parent.span().span_context().clone();
    let context = match span.is_valid() {
        true => context.with_remote_span_context(span),
        false => context,
    };
    match context.baggage().is_empty() {
        true => {
            let inherited = parent.baggage().iter().map(|(key, (value, metadata))| {
                BaggageEntry::new(key.clone(), value.clone(), metadata.clone())
            });
            context.with_baggage(inherited.collect::<Vec<_>>())
        }
        false => context,
    }
}
