//! The consumers of spans that a provider can have.

use opentelemetry_sdk::trace::{SpanProcessor, TracerProviderBuilder};

use super::super::baggage::BaggageProcessor;
use super::super::export::BatchedSpans;
use super::super::limits::Limited;
use super::super::settings::LimitSettings;
use super::boxed::Boxed;
#[cfg(feature = "console")]
use crate::console::ConsoleProcessor;
use crate::html::Pages;
use crate::lifetimes::Lifetimes;
use crate::live::LiveSpans;
use crate::lost_context::LostContexts;
use crate::redaction::Redaction;

/// A consumer of spans: a processor of the SDK's provider, or an observer of ours.
pub(super) enum Processor {
    Code,
    Baggage(BaggageProcessor),
    #[cfg(feature = "console")]
    Console(ConsoleProcessor),
    Pages(Pages),
    Live(LiveSpans),
    Lifetimes(Lifetimes),
    Audit(LostContexts),
    /// A processor of the user.
    Own(Box<dyn SpanProcessor>),
    /// Limits are applied on the exporters' thread.
    Batched(BatchedSpans),
}

impl Processor {
    /// Whether it needs spans of the SDK's own type, which only the SDK's provider can make.
    pub(super) fn needs_sdk(&self) -> bool {
        matches!(self, Processor::Own(_))
    }

    /// Whether it keeps track of open spans, so that each span is followed from its start to its end anyway.
    pub(super) fn observes(&self) -> bool {
        match self {
            #[cfg(feature = "console")]
            Processor::Console(_) => true,
            Processor::Pages(_) | Processor::Live(_) => true,
            _ => false,
        }
    }

    /// The work that it leaves for the end of the process or a flush, in words that complete "without ..".
    #[cfg(target_os = "linux")]
    fn at_end(&self) -> Option<&'static str> {
        match self {
            Processor::Pages(_) => Some("writing its page of traces"),
            Processor::Audit(_) => Some("saying where contexts were lost"),
            Processor::Own(_) => Some("flushing its own span processors"),
            _ => None,
        }
    }

    pub(super) fn add_to(
        self,
        provider: TracerProviderBuilder,
        limits: LimitSettings,
        redaction: Option<Redaction>,
    ) -> TracerProviderBuilder {
        match self {
            // With the SDK's provider the call sites add these attributes.
            Processor::Code => provider,
            Processor::Baggage(processor) => provider.with_span_processor(processor),
            #[cfg(feature = "console")]
            Processor::Console(console) => {
                provider.with_span_processor(Limited::redacted(limits, redaction, console))
            }
            Processor::Pages(pages) => {
                provider.with_span_processor(Limited::redacted(limits, redaction, pages))
            }
            Processor::Live(live) => provider.with_span_processor(live),
            Processor::Lifetimes(lifetimes) => provider.with_span_processor(lifetimes),
            Processor::Audit(audit) => provider.with_span_processor(audit),
            Processor::Own(processor) => {
                let processor = Boxed(processor);
                provider.with_span_processor(Limited::redacted(limits, redaction, processor))
            }
            Processor::Batched(processor) => provider.with_span_processor(processor),
        }
    }
}

/// The work that is left for the end of the process, in words that complete "without ..".
#[cfg(target_os = "linux")]
pub(super) fn at_end(processors: &[Processor], exports: bool) -> Vec<&'static str> {
    let exported = exports.then_some("exporting its last spans");
    let processors = processors.iter().filter_map(Processor::at_end);
    let mut at_end: Vec<_> = exported.into_iter().chain(processors).collect();
    // Several processors of the user's.
    at_end.dedup();
    at_end
}
