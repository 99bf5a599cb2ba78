//! Attributes of a context: the argument `scoped(..)` of `#[traced]`. Every span that starts in the context has
//! them. Unlike baggage, they are in no header.
//!
//! They are a value of the context, so they go wherever the context goes in this process: over `.await`, to
//! spawned tasks, through functions without a span.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(any(feature = "init", feature = "testing"))]
use std::time::Duration;

#[cfg(any(feature = "init", feature = "testing"))]
use opentelemetry::trace::Span as _;
use opentelemetry::{Context, KeyValue};
#[cfg(any(feature = "init", feature = "testing"))]
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Span as SdkSpan, SpanData, SpanProcessor},
};

/// The value in the context.
#[derive(Debug)]
struct Scoped(Arc<[KeyValue]>);

/// Whether this process ever made a context with scoped attributes; before that, no span looks for them.
static ARE_USED: AtomicBool = AtomicBool::new(false);

/// The context with the attributes `added`, which replace outer ones of the same key.
pub(crate) fn with_scoped(context: Context, added: Vec<KeyValue>) -> Context {
    if added.is_empty() {
        return context;
    }
    let mut all: Vec<KeyValue> = of(&context).to_vec();
    for attribute in added {
        all.retain(|outer| outer.key != attribute.key);
        all.push(attribute);
    }
    ARE_USED.store(true, Ordering::Relaxed);
    context.with_value(Scoped(all.into()))
}

/// `to` with the scoped attributes of `from`.
pub(crate) fn copied(from: &Context, to: Context) -> Context {
    match get(from) {
        Some(Scoped(all)) => to.with_value(Scoped(Arc::clone(all))),
        None => to,
    }
}

/// The scoped attributes of a context.
#[inline]
pub(crate) fn of(context: &Context) -> &[KeyValue] {
    match get(context) {
        Some(Scoped(all)) => all,
        None => &[],
    }
}

/// Relaxed is enough: passing a context to another thread is a synchronization that makes the store visible.
#[inline]
fn get(context: &Context) -> Option<&Scoped> {
    match ARE_USED.load(Ordering::Relaxed) {
        true => context.get(),
        false => None,
    }
}

/// Adds the scoped attributes whose keys a span does not have itself.
#[cold]
pub(crate) fn add_missing(scoped: &[KeyValue], attributes: &mut Vec<KeyValue>) {
    for attribute in scoped {
        if !attributes.iter().any(|own| own.key == attribute.key) {
            attributes.push(attribute.clone());
        }
    }
}

/// Adds scoped attributes to spans of the SDK's provider that are started through OpenTelemetry's API. Call sites
/// add them before sampling, and our own provider does so by itself.
#[cfg(any(feature = "init", feature = "testing"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScopedAttributes;

#[cfg(any(feature = "init", feature = "testing"))]
impl SpanProcessor for ScopedAttributes {
    fn on_start(&self, span: &mut SdkSpan, context: &Context) {
        let scoped = of(context);
        if scoped.is_empty() {
            return;
        }
        let Some(started) = span.exported_data() else {
            return;
        };
        for attribute in scoped {
            if !started
                .attributes
                .iter()
                .any(|own| own.key == attribute.key)
            {
                span.set_attribute(attribute.clone());
            }
        }
    }

    fn on_end(&self, _: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
