//! The provider of the SDK, with the same processors.

use std::mem;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::super::ids::Ids;
use super::super::provider::Provider;
use super::provider_parts::ProviderParts;
use crate::recorder::Sampling;
use crate::scoped_attributes::ScopedAttributes;

impl ProviderParts {
    pub(super) fn sdk_provider(
        &mut self,
        sampling: Sampling,
        ids: Option<Ids>,
        resource: Resource,
    ) -> Provider {
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(sampling.into_box())
            .with_span_limits(self.limits.of_sdk())
            .with_id_generator(ids.unwrap_or_else(Ids::of_process))
            // Before the processors that read attributes.
            .with_span_processor(ScopedAttributes);
        let processors = mem::take(&mut self.processors).into_iter();
        let provider = processors.fold(provider, |provider, each| {
            each.add_to(provider, self.limits, self.redaction.clone())
        });
        Provider::Sdk(provider.build())
    }
}
