//! Processors, exporters and their queue.

use std::path::PathBuf;

use opentelemetry_sdk::trace::{SpanExporter, SpanProcessor};

use super::super::batch::Batch;
use super::super::otlp::Otlp;
use super::{ExporterConfig, ProcessorConfig, TelemetryBuilder};
#[cfg(feature = "console")]
use crate::console::ConsoleProcessor;
use crate::html::Target;

impl TelemetryBuilder {
    /// A span processor of your own, in front of all exporters and behind those that were added
    /// before. Exporters are still up to the environment.
    ///
    /// What it sets when a span starts is exported. When a span ends it gets it as it is exported:
    /// limits applied, each key once; changes that it makes then are its own.
    ///
    /// Spans cost about twice as much with a processor of your own: it is lent spans of the SDK's own type
    /// when they start, so the SDK's provider is installed, and ours is not. For a processor that only wants
    /// ended spans, write a [`span_exporter`](Self::span_exporter).
    ///
    /// Specification: OpenTelemetry, *Tracing SDK*, "Span processor".
    ///
    /// ```
    /// use opentelemetry_sdk::trace::{InMemorySpanExporter, SimpleSpanProcessor};
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let ended = InMemorySpanExporter::default();
    /// let processor = SimpleSpanProcessor::new(ended.clone());
    /// let _telemetry = TelemetryBuilder::default().span_processor(processor).no_exporter().init()?;
    /// traced::span!("work", {});
    /// assert_eq!(ended.get_finished_spans()?[0].name, "work");
    /// # Ok(())
    /// # }
    /// ```
    pub fn span_processor(mut self, processor: impl SpanProcessor + 'static) -> Self {
        self.processors.extend(ProcessorConfig::of(processor));
        self.has_processor = true;
        self
    }

    /// Exports to a collector.
    ///
    /// The first of `otlp`, `console`, [`span_exporter`](Self::span_exporter) and
    /// [`no_exporter`](Self::no_exporter) takes the choice from the environment, each other one adds
    /// to it. Log records go to the same collectors and stay on the terminal, unless something else is said
    /// of them.
    pub fn otlp(self, otlp: Otlp) -> Self {
        self.exporter(ExporterConfig::Otlp(otlp))
    }

    /// Prints spans as trees (feature `console`), on standard error unless the processor says otherwise, be
    /// that a terminal or not.
    ///
    /// ```
    /// use traced::console::ConsoleProcessor;
    /// use traced::telemetry::{Otlp, TelemetryBuilder};
    ///
    /// let both = TelemetryBuilder::default()
    ///     .otlp(Otlp::new())
    ///     .console(ConsoleProcessor::new());
    /// # drop(both);
    /// ```
    #[cfg(feature = "console")]
    pub fn console(self, console: ConsoleProcessor) -> Self {
        self.exporter(ExporterConfig::Console(console))
    }

    /// Writes a page that shows the traces of this process, as one HTML file that needs nothing else. Unless set,
    /// `TRACED_HTML` says whether there is one, and where.
    ///
    /// A `path` that ends in `.html` is the file; every other one is a folder, in which each process has a file of
    /// its own. The page is written when telemetry is flushed and when it ends, and at a panic, with the spans that
    /// were open then; the file is replaced in one step. With the feature `logs` it has the log records of
    /// each span. It holds what is exported, within the same limits, and at most 64 MiB of spans: the oldest give
    /// way, and the page says how many. Exporters are still up to the builder or the environment.
    ///
    /// A file that cannot be written is a warning on stderr.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = std::env::temp_dir().join(format!("traced-html-{}", std::process::id()));
    /// # let path = folder.join("traces.html");
    /// let telemetry = TelemetryBuilder::default().html(&path).no_exporter().init()?;
    /// traced::span!("work", {});
    /// telemetry.shutdown();
    /// assert!(std::fs::read_to_string(&path)?.contains(r#""name":"work""#));
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn html(mut self, path: impl Into<PathBuf>) -> Self {
        self.html = Some(Target::of(path));
        self
    }

    /// An exporter of your own, which gets batches on a thread of its own, outside of any runtime: it
    /// may block, and an exporter that needs an asynchronous runtime brings it along.
    ///
    /// Its spans are in the [`Report`](crate::telemetry::Report): they have failed where it returns an error,
    /// panics, or takes longer than a batch may ([`Batch::export_timeout`]). After a panic it gets
    /// the next batch all the same.
    ///
    /// ```
    /// use opentelemetry_sdk::trace::InMemorySpanExporter;
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let exporter = InMemorySpanExporter::default();
    /// let telemetry = TelemetryBuilder::default().span_exporter(exporter.clone()).init()?;
    /// traced::span!("work", {});
    /// telemetry.force_flush();
    /// assert_eq!(exporter.get_finished_spans()?[0].name, "work");
    /// # Ok(())
    /// # }
    /// ```
    pub fn span_exporter(self, exporter: impl SpanExporter + 'static) -> Self {
        self.exporter(ExporterConfig::Own(Box::new(
            move |exporting, batch, finish| exporting.own(exporter, batch, finish),
        )))
    }

    /// Exports no spans, whatever the environment says, but for those added beside.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let telemetry = TelemetryBuilder::default().no_exporter().init()?;
    /// assert!(telemetry.shutdown().exporters.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn no_exporter(mut self) -> Self {
        self.exporters.get_or_insert_default();
        self
    }

    pub(in crate::telemetry) fn exporter(mut self, exporter: ExporterConfig) -> Self {
        self.exporters.get_or_insert_default().push(exporter);
        self
    }

    /// How spans wait for their export (`OTEL_BSP_*`).
    pub fn span_batch(mut self, batch: Batch) -> Self {
        self.span_batch = batch;
        self
    }
}
