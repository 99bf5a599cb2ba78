//! Adds exporters to the parts of the provider, each with a queue that the exporters' thread empties.

use std::sync::Arc;

use opentelemetry_sdk::trace::SpanData;

use super::super::builder::{ExporterConfig, OwnExporter};
use super::super::environment::Environment;
use super::super::error::InitError;
use super::super::export::{Exporting, Finish};
use super::super::settings;
use super::super::signal::Signal;
use super::processor::Processor;
use super::provider_parts::ProviderParts;
use crate::self_log::{self, Level};

impl ProviderParts {
    /// Adds the exporters that code or the environment sets.
    pub(super) fn add_exporters(
        &mut self,
        exporters: Vec<ExporterConfig>,
        environment: &mut Environment,
    ) -> Result<(), InitError> {
        #[cfg(feature = "config-file")]
        let general = self.batch;
        for exporter in exporters {
            // Each exporter of a configuration file has a queue with settings of its own.
            #[cfg(feature = "config-file")]
            let exporter = match exporter {
                ExporterConfig::Batched(exporter, batch) => {
                    self.batch = batch.of_spans(environment);
                    *exporter
                }
                other => other,
            };
            self.add_exporter(exporter, environment)?;
        }
        #[cfg(feature = "config-file")]
        {
            self.batch = general;
        }
        Ok(())
    }

    fn add_exporter(
        &mut self,
        exporter: ExporterConfig,
        environment: &mut Environment,
    ) -> Result<(), InitError> {
        match exporter {
            // Replaced by the exporter in it, above.
            #[cfg(feature = "config-file")]
            ExporterConfig::Batched(..) => Ok(()),
            ExporterConfig::Otlp(otlp) => {
                let otlp = otlp.settings(environment, Signal::Traces)?;
                self.export(&otlp)
            }
            #[cfg(feature = "console")]
            ExporterConfig::Console(console) => {
                self.processors.push(Processor::Console(console));
                Ok(())
            }
            ExporterConfig::OtlpStdout => self.write(None),
            ExporterConfig::Own(own) => self.own(own),
        }
    }

    /// The exporters' thread, which is started for the first exporter.
    pub(super) fn exporting(&mut self) -> Result<&mut Exporting, InitError> {
        Ok(match &mut self.exporting {
            Some(exporting) => exporting,
            none => none.insert(Exporting::start().map_err(InitError::Thread)?),
        })
    }

    /// Sends spans to a collector.
    fn export(&mut self, otlp: &settings::OtlpSettings) -> Result<(), InitError> {
        self_log::once(Level::Debug, "spans", format_args!("spans go to {otlp:?}"));
        let (finish, batch) = (self.finish(), self.batch);
        let spans = self.exporting()?.spans(otlp, batch, finish);
        let spans = spans.map_err(|error| InitError::Exporter(Box::new(error)))?;
        self.processors.push(Processor::Batched(spans));
        Ok(())
    }

    /// Writes lines of OTLP JSON to a file, or to standard output.
    pub(super) fn write(&mut self, file: Option<settings::FileSettings>) -> Result<(), InitError> {
        let (finish, batch) = (self.finish(), self.batch);
        let spans = self.exporting()?.span_lines(file, batch, finish);
        self.processors.push(Processor::Batched(spans));
        Ok(())
    }

    /// Passes spans to an exporter of the user's.
    fn own(&mut self, own: OwnExporter) -> Result<(), InitError> {
        let (finish, batch) = (self.finish(), self.batch);
        let spans = own(self.exporting()?, batch, finish);
        self.processors.push(Processor::Batched(spans));
        Ok(())
    }

    /// The redaction and the limits, which a span of the SDK's provider passes before it is encoded.
    fn finish(&self) -> Finish<SpanData> {
        let (limits, redaction) = (self.limits, self.redaction.clone());
        Arc::new(move |span: &mut SpanData| {
            if let Some(redaction) = &redaction {
                redaction.data(span);
            }
            limits.apply(span);
        })
    }
}
