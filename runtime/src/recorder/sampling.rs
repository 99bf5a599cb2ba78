//! The sampler, and shortcuts where its decision is known.

use std::any::Any;

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

use super::guarded;
#[cfg(feature = "init")]
use crate::probability::ProbabilitySampler;

/// The sampler of a provider.
#[derive(Debug)]
pub(crate) enum Sampling {
    /// A sampler of the SDK, which runs no user code.
    Plain(Sampler),
    #[cfg(feature = "init")]
    Probability(ProbabilitySampler),
    /// Any other sampler, which may run user code.
    Given(Box<dyn ShouldSample>),
}

impl Sampling {
    /// `Plain` for the SDK's samplers except `ParentBased`, which may contain any sampler.
    pub(crate) fn new<S: Into<Box<dyn ShouldSample>> + 'static>(sampler: S) -> Self {
        let any: &dyn Any = &sampler;
        #[cfg(feature = "init")]
        if let Some(sampler) = any.downcast_ref::<ProbabilitySampler>() {
            return Sampling::Probability(sampler.clone());
        }
        match any.downcast_ref::<Sampler>() {
            None | Some(Sampler::ParentBased(_)) => Sampling::Given(sampler.into()),
            Some(plain) => Sampling::Plain(plain.clone()),
        }
    }

    /// For the SDK's provider.
    pub(crate) fn into_box(self) -> Box<dyn ShouldSample> {
        match self {
            Sampling::Plain(sampler) => Box::new(sampler),
            #[cfg(feature = "init")]
            Sampling::Probability(sampler) => Box::new(sampler),
            Sampling::Given(sampler) => sampler,
        }
    }

    /// Whether a span below `parent` is sampled, if that is known without calling the sampler. A sampled span is then
    /// recorded, and has the trace state of its parent and no attributes from the sampler.
    #[inline(always)]
    pub(super) fn known(&self, parent: &Context) -> Option<bool> {
        match self {
            Sampling::Plain(Sampler::AlwaysOn) => Some(true),
            Sampling::Plain(Sampler::AlwaysOff) => Some(false),
            Sampling::Plain(Sampler::ParentBased(_)) if parent.has_active_span() => {
                Some(parent.span().span_context().is_sampled())
            }
            _ => None,
        }
    }

    /// Whether roots are sampled, if the decision is the same for every root.
    pub(super) fn known_root(&self) -> Option<bool> {
        let Sampling::Plain(sampler @ Sampler::ParentBased(_)) = self else {
            return None;
        };
        // The SDK's samplers decide by the trace id alone and sample ids below a bound. If they decide alike for the
        // least and for the greatest id, they do so for all.
        let is_sampled = |trace: TraceId| {
            let kind = &SpanKind::Internal;
            let decided = sampler.should_sample(None, trace, "", kind, &[], &[]);
            decided.decision == SamplingDecision::RecordAndSample
        };
        let (least, greatest) = (
            is_sampled(TraceId::from(1 << 64)),
            is_sampled(TraceId::from(u128::MAX)),
        );
        (least == greatest).then_some(least)
    }

    /// Whether it runs no user code.
    pub(super) fn is_ours(&self) -> bool {
        !matches!(self, Sampling::Given(_))
    }

    /// The decision of the sampler. If a user's sampler panics, the span is dropped and the panic goes no further.
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
            #[cfg(feature = "init")]
            Sampling::Probability(sampler) => {
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

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceState};

    use super::*;

    #[test]
    fn known_decisions_are_those_of_the_sampler() {
        let samplers = [
            Sampler::AlwaysOn,
            Sampler::AlwaysOff,
            Sampler::ParentBased(Box::new(Sampler::AlwaysOn)),
            Sampler::ParentBased(Box::new(Sampler::AlwaysOff)),
            Sampler::TraceIdRatioBased(0.5),
        ];
        let state = TraceState::from_key_value([("vendor", "1")]).unwrap();
        let span = |id: u64, flags, is_remote| {
            let trace = TraceId::from(u128::from(id));
            let span = SpanContext::new(trace, SpanId::from(id), flags, is_remote, state.clone());
            Context::new().with_remote_span_context(span)
        };
        let parents = [
            Context::new(),
            span(0, TraceFlags::default(), false),
            span(0, TraceFlags::SAMPLED, false),
            span(1, TraceFlags::default(), false),
            span(1, TraceFlags::SAMPLED, false),
            span(1, TraceFlags::default(), true),
            span(1, TraceFlags::SAMPLED, true),
        ];
        let mut known = 0;
        for sampler in samplers {
            for parent in &parents {
                let Some(is_sampled) = Sampling::Plain(sampler.clone()).known(parent) else {
                    continue;
                };
                known += 1;
                let result = sampler.should_sample(
                    Some(parent),
                    TraceId::from(3),
                    "span",
                    &SpanKind::Internal,
                    &[],
                    &[],
                );
                let expected = match is_sampled {
                    true => SamplingDecision::RecordAndSample,
                    false => SamplingDecision::Drop,
                };
                assert_eq!(result.decision, expected, "{sampler:?} {parent:?}");
                let of_parent = parent.span().span_context().trace_state().clone();
                assert_eq!(result.trace_state, of_parent, "{sampler:?} {parent:?}");
                assert!(result.attributes.is_empty());
            }
        }
        // Two samplers decide for all seven parents, two for the six that exist.
        assert_eq!(known, 2 * 7 + 2 * 6);
    }

    #[test]
    fn the_known_decision_for_roots_is_that_of_the_sampler() {
        for (root, expected) in [
            (Sampler::AlwaysOn, Some(true)),
            (Sampler::AlwaysOff, Some(false)),
            (Sampler::TraceIdRatioBased(1.0), Some(true)),
            (Sampler::TraceIdRatioBased(0.999), None),
            (Sampler::TraceIdRatioBased(0.001), None),
            (Sampler::TraceIdRatioBased(0.0), Some(false)),
        ] {
            let sampling = Sampling::Plain(Sampler::ParentBased(Box::new(root)));
            assert_eq!(sampling.known_root(), expected, "{sampling:?}");
        }
    }

    #[test]
    fn nothing_is_known_of_a_users_sampler() {
        let given = Sampling::new(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)));
        assert_eq!(given.known_root(), None);
        let parent = SpanContext::new(
            TraceId::from(1),
            SpanId::from(1),
            TraceFlags::SAMPLED,
            true,
            TraceState::NONE,
        );
        let parent = Context::new().with_remote_span_context(parent);
        assert_eq!(given.known(&parent), None);
    }
}
