//! Adds exporters to the pipelines, each with a queue that the exporters' thread empties.

use std::sync::Arc;

use opentelemetry_sdk::trace::SpanData;

use super::super::builder::OwnExporter;
use super::super::error::InitError;
use super::super::export::{Exporting, Finish};
use super::super::settings;
use super::{Pipelines, Processor};
use crate::self_log::{self, Level};

impl Pipelines {
    pub(super) fn exporting(&mut self) -> Result<&mut Exporting, InitError> {
        Ok(match &mut self.exporting {
            Some(exporting) => exporting,
            none => none.insert(Exporting::start().map_err(InitError::Thread)?),
        })
    }

    pub(super) fn export(&mut self, otlp: &settings::OtlpSettings) -> Result<(), InitError> {
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

    pub(super) fn own(&mut self, own: OwnExporter) -> Result<(), InitError> {
        let (finish, batch) = (self.finish(), self.batch);
        let spans = own(self.exporting()?, batch, finish);
        self.processors.push(Processor::Batched(spans));
        Ok(())
    }

    pub(super) fn finish(&self) -> Finish<SpanData> {
        let (limits, redaction) = (self.limits, self.redaction.clone());
        Arc::new(move |span: &mut SpanData| {
            if let Some(redaction) = &redaction {
                redaction.data(span);
            }
            limits.apply(span);
        })
    }
}
