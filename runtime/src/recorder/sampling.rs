//! The sampler, and what it decides.

use std::any::Any;

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

use super::guarded;

/// Which spans are recorded.
#[derive(Debug)]
pub(crate) enum Sampling {
    /// A sampler of the SDK's that has none of the user's inside.
    Plain(Sampler),
    /// Any other sampler: code of the user's.
    Given(Box<dyn ShouldSample>),
}

impl Sampling {
    /// Plain, if it is one of the SDK's samplers: `ParentBased` may have any sampler inside.
    pub(crate) fn new<S: Into<Box<dyn ShouldSample>> + 'static>(sampler: S) -> Self {
        let any: &dyn Any = &sampler;
        match any.downcast_ref::<Sampler>() {
            None | Some(Sampler::ParentBased(_)) => Sampling::Given(sampler.into()),
            Some(plain) => Sampling::Plain(plain.clone()),
        }
    }

    /// For the SDK's provider.
    pub(crate) fn into_box(self) -> Box<dyn ShouldSample> {
        match self {
            Sampling::Plain(sampler) => Box::new(sampler),
            Sampling::Given(sampler) => sampler,
        }
    }

    /// Whether it decides the same for each trace id.
    #[inline]
    pub(super) fn is_always_off(&self) -> bool {
        matches!(self, Sampling::Plain(Sampler::AlwaysOff))
    }

    /// A sampler that panics samples nothing; whoever starts a span is not to suffer from it.
    #[inline]
    pub(super) fn decide(
        &self,
        parent: &Context,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let parent = Some(parent);
        match self {
            Sampling::Plain(sampler) => {
                sampler.should_sample(parent, trace, name, kind, attributes, links)
            }
            Sampling::Given(sampler) => {
                let decided = guarded("sampler", || {
                    sampler.should_sample(parent, trace, name, kind, attributes, links)
                });
                decided.unwrap_or_else(|| dropped(parent))
            }
        }
    }
}

#[cold]
fn dropped(parent: Option<&Context>) -> SamplingResult {
    let state = parent.map(|parent| parent.span().span_context().trace_state().clone());
    SamplingResult {
        decision: SamplingDecision::Drop,
        attributes: Vec::new(),
        trace_state: state.unwrap_or_default(),
    }
}
