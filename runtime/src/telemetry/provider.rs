//! The tracer provider that `init` installs: ours, or the SDK's if the program has set a span processor.

#[cfg(feature = "metrics")]
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SdkTracerProvider;

use crate::recorder;

/// The tracer provider: ours or the SDK's.
#[derive(Debug, Clone)]
pub(crate) enum Provider {
    Ours(recorder::Provider),
    Sdk(SdkTracerProvider),
}

impl Provider {
    pub(super) fn install(self) {
        match self {
            Provider::Ours(provider) => crate::set_tracer_provider(provider),
            Provider::Sdk(provider) => crate::set_tracer_provider(provider),
        }
    }

    /// The counts of spans, which only our own provider has.
    #[cfg(feature = "metrics")]
    pub(super) fn counts(&self) -> Option<Arc<recorder::SpanCounts>> {
        match self {
            Provider::Ours(provider) => provider.counts(),
            Provider::Sdk(_) => None,
        }
    }

    pub(super) fn force_flush(&self) -> OTelSdkResult {
        match self {
            Provider::Ours(provider) => provider.force_flush(),
            Provider::Sdk(provider) => provider.force_flush(),
        }
    }

    pub(super) fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        match self {
            Provider::Ours(provider) => provider.shutdown_with_timeout(timeout),
            Provider::Sdk(provider) => provider.shutdown_with_timeout(timeout),
        }
    }
}
