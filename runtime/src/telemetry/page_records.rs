//! Log records for the page of traces (feature `logs`).

use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};

use super::export::to_json;
use super::logs::apply_limits;
use crate::html::Pages;

/// Adds the log records of the process to the page, within the limits of exported records.
#[derive(Debug)]
pub(crate) struct PageRecords {
    pages: Pages,
    attributes: usize,
    value_length: Option<usize>,
}

impl PageRecords {
    pub(crate) fn new(pages: Pages, attributes: usize, value_length: Option<usize>) -> Self {
        PageRecords {
            pages,
            attributes,
            value_length,
        }
    }
}

impl LogProcessor for PageRecords {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        let target = record.target().cloned();
        let mut message = LogRecord::from(&*record);
        apply_limits(&mut message, self.attributes, self.value_length);
        let Ok(json) = to_json(&message) else {
            return;
        };
        match target {
            // The target of `tracing` is the name of the scope, as in exported records.
            Some(target) => {
                let scope = InstrumentationScope::builder(target).build();
                self.pages.record(&scope, &json);
            }
            None => self.pages.record(scope, &json),
        }
    }

    /// Does nothing: the page is written when spans are flushed.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
