//! The setters for processors, exporters and the queue of spans.

use std::path::PathBuf;

use opentelemetry_sdk::trace::{SpanExporter, SpanProcessor};

use super::super::batch::Batch;
use super::super::otlp::Otlp;
use super::{ExporterConfig, ProcessorConfig, TelemetryBuilder};
#[cfg(feature = "console")]
use crate::console::ConsoleProcessor;
use crate::html::Target;

impl TelemetryBuilder {
    /// Adds a span processor, which is called before all exporters and after the processors that were added before
    /// it. It does not change which exporters are used.
    ///
    /// Attributes that it sets in `on_start` are exported. In `on_end` it gets the span as it is exported: limits
    /// are applied, and each key occurs once. Changes that it makes in `on_end` are not exported.
    ///
    /// Spans cost about twice as much with such a processor: `on_start` takes a span of the SDK's own type, so the
    /// SDK's provider is installed instead of this crate's. If you need only
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
    /// The first call of `otlp`, `console`, [`span_exporter`](Self::span_exporter) or
    /// [`no_exporter`](Self::no_exporter) replaces the exporters of the environment; each further call adds to them.
    /// Log records go to the same collectors and are still printed on the terminal, unless `log_records` sets
    /// something else.
    ///
    /// ```
    /// use traced::telemetry::{Otlp, TelemetryBuilder};
    ///
    /// let builder = TelemetryBuilder::default().otlp(Otlp::new().endpoint("http://collector:4318"));
    /// # drop(builder);
    /// ```
    pub fn otlp(self, otlp: Otlp) -> Self {
        self.exporter(ExporterConfig::Otlp(otlp))
    }

    /// Prints spans as trees (feature `console`), on standard error unless the processor has another
    /// output, whether that is a terminal or not.
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

    /// Writes a page that shows the traces of this process, as one HTML file that needs nothing else. Otherwise
    /// `TRACED_HTML` may set its path.
    ///
    /// A `path` that ends in `.html` is the file; any other path is a folder, in which each process has a file of
    /// its own. The page is written when telemetry is flushed and when it ends, and at a panic, with the spans that
    /// were open then; the file is replaced in one step. With the feature `logs` it contains the log records of
    /// each span. It contains exported spans, within the same limits, and at most 64 MiB of them: the oldest are
    /// dropped, and the page says how many. It does not change which exporters are used.
    ///
    /// If the file cannot be written, a warning is printed on stderr.
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

    /// Adds an exporter, which gets batches on a thread of its own, outside of any async runtime. So it may
    /// block, and an exporter that needs a runtime must bring its own.
    ///
    /// The [`Report`](crate::telemetry::Report) counts its spans. The spans of a batch count as failed if the exporter
    /// returns an error, panics, or takes longer than [`Batch::export_timeout`]. After a panic it gets the next
    /// batch as usual.
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
            move |exporting, batch, finish| exporting.user_exporter(exporter, batch, finish),
        )))
    }

    /// Exports no spans, whatever the environment says, except to exporters that the builder adds.
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

    /// Sets the queue in which spans wait for their export, and the size of a batch (`OTEL_BSP_*`).
    ///
    /// ```
    /// use traced::telemetry::{Batch, TelemetryBuilder};
    ///
    /// let builder = TelemetryBuilder::default().span_batch(Batch::new().max_queue_size(20_000));
    /// # drop(builder);
    /// ```
    pub fn span_batch(mut self, batch: Batch) -> Self {
        self.span_batch = batch;
        self
    }
}
