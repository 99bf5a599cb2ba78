//! The parts of a provider: its processors in order, and the settings that they share.

use std::mem;
#[cfg(feature = "metrics")]
use std::sync::Arc;

use opentelemetry_sdk::Resource;

use super::super::builder::ProcessorConfig;
use super::super::code::CodeAttributes;
use super::super::export::Exporting;
use super::super::ids::Ids;
use super::super::limits::Limited;
use super::super::provider::Provider;
use super::super::settings;
use super::super::watch::WatchSettings;
use super::processor::Processor;
use crate::lifetimes::Lifetimes;
use crate::live::LiveSpans;
use crate::lost_context::LostContexts;
use crate::recorder::{self, Observer, Sampling};
use crate::redaction::Redaction;

/// The parts of a provider that is not built yet. Each exporter is one of its processors.
pub(super) struct ProviderParts {
    pub(super) limits: settings::LimitSettings,
    /// The queue of the exporters that are added next.
    pub(super) batch: settings::BatchSettings,
    pub(super) redaction: Option<Redaction>,
    pub(super) processors: Vec<Processor>,
    /// `None` if nothing is exported; then there is no thread for it.
    pub(super) exporting: Option<Exporting>,
    #[cfg(feature = "metrics")]
    pub(super) are_counted: bool,
}

impl ProviderParts {
    pub(super) fn new(
        limits: settings::LimitSettings,
        batch: settings::BatchSettings,
        redaction: Option<Redaction>,
    ) -> Self {
        ProviderParts {
            limits,
            batch,
            redaction,
            processors: Vec::new(),
            exporting: None,
            #[cfg(feature = "metrics")]
            are_counted: false,
        }
    }

    /// Adds the processors that code sets.
    pub(super) fn add_processors(&mut self, processors: Vec<ProcessorConfig>) {
        let processors = processors.into_iter().map(|processor| match processor {
            ProcessorConfig::Baggage(processor) => Processor::Baggage(processor),
            #[cfg(feature = "console")]
            ProcessorConfig::Console(console) => Processor::Console(console),
            ProcessorConfig::Own(processor) => Processor::Own(processor),
        });
        self.processors.extend(processors);
    }

    /// Adds the processors that keep open spans, and count where contexts are lost.
    pub(super) fn add_watchers(&mut self, watch: WatchSettings) {
        if watch.is_live() {
            self.processors.push(Processor::Live(LiveSpans));
        }
        if watch.is_audited() {
            self.processors.push(Processor::Audit(LostContexts));
        }
    }

    /// Adds the processor that reports spans which are open for long. To be called after all processors that follow open
    /// spans were added: their presence decides whether it is on by default.
    pub(super) fn add_lifetimes(&mut self, watch: WatchSettings) {
        let are_observed = self.processors.iter().any(Processor::observes);
        if let Some(long) = watch.long_open(are_observed) {
            let lifetimes = Processor::Lifetimes(Lifetimes::start(long));
            self.processors.push(lifetimes);
        }
    }

    /// Builds the provider: ours, unless a processor needs the SDK's. With `code`, spans have the attributes of the source
    /// code.
    pub(super) fn provider(
        &mut self,
        code: bool,
        sampling: Sampling,
        ids: Option<Ids>,
        resource: Resource,
    ) -> Provider {
        if self.processors.iter().any(Processor::needs_sdk) {
            // There the call sites add the code attributes.
            return self.sdk_provider(sampling, ids, resource);
        }
        if code {
            // Before the processors that read attributes.
            self.processors.insert(0, Processor::Code);
        }
        self.own_provider(sampling, ids, &resource)
    }

    fn own_provider(
        &mut self,
        sampling: Sampling,
        ids: Option<Ids>,
        resource: &Resource,
    ) -> Provider {
        let mut observers: Vec<Box<dyn Observer>> = Vec::new();
        let mut intakes = Vec::new();
        for processor in mem::take(&mut self.processors) {
            match processor {
                Processor::Code => observers.push(Box::new(CodeAttributes)),
                Processor::Baggage(baggage) => observers.push(Box::new(baggage)),
                #[cfg(feature = "console")]
                Processor::Console(console) => {
                    console.describe(resource);
                    observers.push(Box::new(Limited::new(self.limits, console)));
                }
                Processor::Pages(pages) => {
                    observers.push(Box::new(Limited::new(self.limits, pages)));
                }
                Processor::Live(live) => observers.push(Box::new(live)),
                Processor::Lifetimes(lifetimes) => observers.push(Box::new(lifetimes)),
                Processor::Audit(audit) => observers.push(Box::new(audit)),
                Processor::Batched(spans) => intakes.push(spans.into_intake(resource)),
                // Cannot happen: such a processor needs the SDK's provider.
                Processor::Own(_) => {}
            }
        }
        let scopes = self.exporting.as_ref().map(Exporting::scopes);
        Provider::Ours(recorder::Provider::new(recorder::Settings {
            sampling,
            ids: ids.map(|ids| ids.0),
            limits: self.limits.of_sdk(),
            observers,
            redaction: self.redaction.clone(),
            exporters: recorder::Exporters {
                intakes,
                scopes: scopes.cloned().unwrap_or_default(),
                exact_limits: self.limits.exact(),
            },
            #[cfg(feature = "metrics")]
            counts: self.are_counted.then(Arc::default),
        }))
    }
}
