//! Adds the processors of log records to the parts of the provider.

use std::sync::Arc;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{LoggerProviderBuilder, SdkLoggerProvider};

use super::super::error::InitError;
use super::super::export::{Finish, Record};
use super::super::page_records::PageRecords;
use super::super::{log_records, logs, settings};
use super::provider_parts::ProviderParts;
use crate::html::Pages;
use crate::self_log::{self, Level};

impl ProviderParts {
    /// Builds the provider of log records, whose exporters share the thread of those of spans.
    pub(super) fn add_records(
        &mut self,
        records: log_records::LogRecordSettings,
        resource: &Resource,
        pages: Option<&Pages>,
        file: Option<settings::FileSettings>,
    ) -> Result<logs::LogPipeline, InitError> {
        let (count, length) = (
            self.limits.record_attributes,
            self.limits.record_value_length,
        );
        let mut provider = None;
        self_log::once(
            Level::Debug,
            "records",
            format_args!("log records: {records:?}"),
        );
        if let Some(pages) = pages {
            let processor = PageRecords::new(pages.clone(), count, length);
            let builder = SdkLoggerProvider::builder().with_resource(resource.clone());
            provider = Some(builder.with_log_processor(processor));
        }
        let finish: Finish<Record> = Arc::new(move |record: &mut Record| {
            logs::apply_limits(&mut record.record, count, length);
        });
        let mut processors = Vec::new();
        for otlp in &records.otlp {
            let exporting = self.exporting()?;
            let processor = exporting.records(otlp, records.batch, Arc::clone(&finish));
            processors.push(processor.map_err(|error| InitError::Exporter(Box::new(error)))?);
        }
        let outputs = records.stdout.then_some(None);
        for output in outputs.into_iter().chain(file.map(Some)) {
            let exporting = self.exporting()?;
            processors.push(exporting.record_lines(output, records.batch, Arc::clone(&finish)));
        }
        for processor in processors {
            let builder = provider
                .take()
                .unwrap_or_else(|| SdkLoggerProvider::builder().with_resource(resource.clone()));
            provider = Some(builder.with_log_processor(processor));
        }
        Ok(logs::LogPipeline {
            provider: provider.map(LoggerProviderBuilder::build),
            terminal: records.console,
            exceptions: records.exceptions,
            may_install: records.may_install,
            redaction: self.redaction.clone(),
        })
    }
}
