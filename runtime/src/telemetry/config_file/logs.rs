//! Reads the section `logger_provider`.

use super::error::Wrong;
#[cfg(feature = "logs")]
use super::exporter::ExporterKind;
use super::exporter::ProcessorConfig;
use super::fields::Fields;
use super::yaml::Node;
use crate::telemetry::batch::Batch;
use crate::telemetry::limits::Limits;
#[cfg(feature = "logs")]
use crate::telemetry::log_records::LogRecords;
#[cfg(feature = "logs")]
use crate::telemetry::logs::Format;
use crate::telemetry::signal::Signal;

#[derive(Debug, Default)]
#[cfg_attr(
    not(feature = "logs"),
    allow(dead_code, reason = "checked, and needed by log records alone")
)]
pub(super) struct LogsConfig {
    pub(super) processors: Vec<ProcessorConfig>,
    /// The batch settings, which all exporters share.
    pub(super) batch: Batch,
}

impl LogsConfig {
    pub(super) fn read(node: &Node, limits: &mut Limits) -> Result<Self, Wrong> {
        let mut fields = Fields::of(node, "logger_provider")?;
        fields.required("processors")?;
        let mut processors: Vec<ProcessorConfig> = Vec::new();
        for node in fields.list("processors")? {
            let processor = ProcessorConfig::read(node, Signal::Logs)?;
            let others = processors
                .iter()
                .any(|other| other.batch != processor.batch);
            if others {
                return Err(node.wrong(
                    "queues of log records have the same settings, and these differ from the ones above",
                ));
            }
            processors.push(processor);
        }
        if let Some(node) = fields.get("limits") {
            let mut fields = Fields::of(node, "limits")?;
            if let Some(length) = fields.count("attribute_value_length_limit", 0)? {
                *limits = limits.log_record_attribute_value_length(length);
            }
            if let Some(count) = fields.count("attribute_count_limit", 0)? {
                *limits = limits.log_record_attributes(count);
            }
            fields.end_of_limits()?;
        }
        fields.refuse(
            "logger_configurator/development",
            "`RUST_LOG` filters log records",
        )?;
        fields.end()?;
        let batch = processors.first().map(|processor| processor.batch);
        Ok(LogsConfig {
            batch: batch.unwrap_or_default(),
            processors,
        })
    }

    /// Completes the settings in code with those of the file.
    #[cfg(feature = "logs")]
    pub(super) fn apply(self, code: LogRecords) -> LogRecords {
        let mut records = LogRecords::new().no_exporter().batch(self.batch);
        for processor in self.processors {
            records = match processor.exporter {
                ExporterKind::Otlp(otlp) => records.otlp(*otlp),
                ExporterKind::Console => records.console(Format::default()),
            };
        }
        code.or(records)
    }
}
