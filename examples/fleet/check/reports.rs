//! The reports that the processes print when they end.

use std::fs;
use std::path::Path;

use crate::Failed;

/// The counts of all processes, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reports {
    /// Written to the file of the process.
    pub(crate) written: u64,
    /// Passed to the exporter that sends to the agent.
    pub(crate) ended: u64,
    /// Accepted by the agent.
    pub(crate) exported: u64,
    /// Dropped before the export, or failed in it.
    pub(crate) lost: u64,
}

impl Reports {
    pub(crate) fn read(folder: &Path) -> Result<Self, Failed> {
        let mut reports = Reports::default();
        for entry in fs::read_dir(folder)? {
            reports.read_text(&fs::read_to_string(entry?.path())?)?;
        }
        Ok(reports)
    }

    /// Reads the lines `report ENDED EXPORTED DROPPED FAILED EXPORTER` and skips others.
    pub(crate) fn read_text(&mut self, text: &str) -> Result<(), Failed> {
        for line in text.lines() {
            let Some(row) = line.strip_prefix("report ") else {
                continue;
            };
            let words: Vec<&str> = row.splitn(5, ' ').collect();
            let [ended, exported, dropped, failed, exporter] = words[..] else {
                return Err(format!("not a report: {line}").into());
            };
            if exporter.starts_with("otlp grpc") {
                self.ended += ended.parse::<u64>()?;
                self.exported += exported.parse::<u64>()?;
                self.lost += dropped.parse::<u64>()? + failed.parse::<u64>()?;
            } else {
                self.written += exported.parse::<u64>()?;
            }
        }
        Ok(())
    }
}
