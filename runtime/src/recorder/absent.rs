//! In place of the recorder where no feature uses it: types without values, so that no code is generated for it.

use std::borrow::Cow;

use opentelemetry::Context;
use opentelemetry::trace::SpanBuilder;

use crate::attributes::Attributes;
use crate::call_site::CallSite;
use crate::current_context::ContextStack;

/// A provider that cannot exist.
pub(crate) enum Provider {}

/// A tracer that cannot exist.
#[derive(Debug)]
pub(crate) enum Tracer {}

/// The outcome of the start of a span.
#[allow(dead_code, reason = "nothing starts")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Started,
    Suppressed,
    ShutDown,
}

impl Tracer {
    pub(crate) fn start_site(
        &self,
        _: &'static CallSite,
        _: ContextStack,
        _: impl FnOnce(&mut Context),
    ) -> Outcome {
        match *self {}
    }

    pub(crate) fn start_with_attributes(
        &self,
        _: &'static CallSite,
        _: Cow<'static, str>,
        _: ContextStack,
        _: usize,
        _: &mut dyn FnMut(&mut Attributes),
        _: impl FnOnce(&mut Context),
    ) -> Outcome {
        match *self {}
    }

    pub(crate) fn start_built(
        &self,
        _: &'static CallSite,
        _: SpanBuilder,
        _: &Context,
        _: &Context,
        _: impl FnOnce(&mut Context),
    ) -> Outcome {
        match *self {}
    }
}

/// Never.
pub(crate) fn is_in_use() -> bool {
    false
}

/// Runs `ask`; no tracer is ours.
pub(crate) fn witness<R>(ask: impl FnOnce() -> R) -> (R, Option<Tracer>) {
    (ask(), None)
}
