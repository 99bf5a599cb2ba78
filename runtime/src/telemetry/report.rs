//! The report: how many spans and log records were exported, dropped, or failed.

use std::fmt;

use crate::lifetimes::LongLived;
use crate::self_log::{self, Level};

/// The outcome of the spans that ended: how many were exported, dropped, or failed.
///
/// Each number is the sum over all exporters of spans. Log
/// records have rows of their own in [`exporters`](Self::exporters) and are not in the sums.
///
/// `exported + dropped + failed + pending == ended` at any time; after a shutdown `pending` is 0.
///
/// ```
/// # fn main() -> Result<(), traced::telemetry::InitError> {
/// use traced::telemetry::TelemetryBuilder;
///
/// let exporter = opentelemetry_sdk::trace::InMemorySpanExporter::default();
/// let telemetry = TelemetryBuilder::default().span_exporter(exporter).init()?;
/// traced::span!("work", {});
/// let report = telemetry.shutdown();
/// assert_eq!((report.ended, report.exported, report.pending), (1, 1, 0));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Sampled spans that ended before the shutdown, counted once for each exporter.
    pub ended: u64,
    /// Spans that a collector has accepted, that were written as lines to a file or to standard output, or for whose
    /// batch an exporter of the program has returned `Ok`.
    pub exported: u64,
    /// Spans that were never sent, as the queue was full or the deadline had passed.
    pub dropped: u64,
    /// Spans whose export failed: there was no connection, the collector refused or rejected
    /// them, or its answer came too late.
    pub failed: u64,
    /// Spans that wait in the queue or are being sent.
    pub pending: u64,
    /// Values of attributes, exceptions and log records that were replaced because the hook of
    /// [`TelemetryBuilder::redact`](super::TelemetryBuilder::redact) panicked.
    pub masked: u64,
    /// Call sites whose spans are open too long, if spans are observed: see
    /// [`TelemetryBuilder::long_open`](super::TelemetryBuilder::long_open).
    pub long_lived: Vec<LongLived>,
    /// A row for each exporter of spans and of log records; `console` is not one of them.
    pub exporters: Vec<ExporterReport>,
}

/// The row of one exporter in a [`Report`].
///
/// ```
/// # fn main() -> Result<(), traced::telemetry::InitError> {
/// use traced::telemetry::{Otlp, TelemetryBuilder};
///
/// let otlp = Otlp::new().endpoint("http://localhost:4318");
/// let telemetry = TelemetryBuilder::default().otlp(otlp).init()?;
/// assert_eq!(telemetry.report().exporters[0].signal, "spans");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExporterReport {
    /// Protocol and endpoint, as in `otlp grpc http://localhost:4317`; or `otlp file PATH`, `otlp/stdout`, or
    /// `span exporter TYPE` for one of the program.
    pub exporter: String,
    /// The exported items that the numbers count: `spans` or `log records`.
    pub signal: &'static str,
    /// See [`Report::ended`].
    pub ended: u64,
    /// See [`Report::exported`].
    pub exported: u64,
    /// See [`Report::dropped`].
    pub dropped: u64,
    /// See [`Report::failed`].
    pub failed: u64,
    /// See [`Report::pending`].
    pub pending: u64,
}

impl Report {
    pub(crate) fn new(exporters: Vec<ExporterReport>) -> Self {
        let mut report = Report::default();
        for row in exporters.iter().filter(|row| row.signal == "spans") {
            report.ended += row.ended;
            report.exported += row.exported;
            report.dropped += row.dropped;
            report.failed += row.failed;
            report.pending += row.pending;
        }
        report.exporters = exporters;
        report
    }

    /// Reports losses on stderr, for people who see only the log.
    pub(super) fn log_losses(&self) {
        for row in self.exporters.iter().filter(|row| row.exported < row.ended) {
            self_log::once(Level::Error, &row.to_string(), row);
        }
    }

    /// Whether all spans and log records were exported.
    ///
    /// ```
    /// assert!(traced::telemetry::Report::default().is_complete());
    /// ```
    pub fn is_complete(&self) -> bool {
        self.exporters.iter().all(|row| row.exported == row.ended)
    }
}

/// A line for each exporter, then a line for each call site of `long_lived`.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line_break = "";
        for row in &self.exporters {
            write!(f, "{line_break}{row}")?;
            line_break = "\n";
        }
        for site in &self.long_lived {
            write!(f, "{line_break}{site}")?;
            line_break = "\n";
        }
        Ok(())
    }
}

/// A line such as `otlp grpc http://localhost:4317: 9 spans ended, 7 exported, 2 dropped, 0
/// failed`.
impl fmt::Display for ExporterReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ExporterReport {
            exporter,
            signal,
            ended,
            exported,
            dropped,
            failed,
            pending,
        } = self;
        write!(
            f,
            "{exporter}: {ended} {signal} ended, {exported} exported, {dropped} dropped, {failed} failed"
        )?;
        match pending {
            0 => Ok(()),
            _ => write!(f, ", {pending} pending"),
        }
    }
}
