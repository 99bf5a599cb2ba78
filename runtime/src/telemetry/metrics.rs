//! Optional metrics: durations of functions, and counts of spans and log records.

mod counts;

pub(super) use self::counts::Source;
use super::builder::TelemetryBuilder;
use super::environment::Environment;
use super::variables::METRICS;
use crate::metrics;

impl TelemetryBuilder {
    /// Sets whether metrics are recorded with the global meter provider until the end of telemetry. By default
    /// `TRACED_METRICS` decides, and otherwise they are not. `docs/metrics.md` lists them.
    ///
    /// `traced.function.duration` is a histogram of the duration of annotated functions, in seconds, with the
    /// attribute `code.function.name`, and `error.type` if the function fails. It has every call, even if its span is
    /// not sampled, is turned off by a filter, or there is no tracer provider.
    ///
    /// `otel.sdk.*` are the counts of the [`Report`](super::Report) and more, by the semantic conventions for SDKs:
    /// spans that started and are open, the queues, spans and log records that were exported, dropped or failed, with
    /// the reason, and the duration of exports.
    ///
    /// You provide the meter provider with its readers and exporters; install it with
    /// [`set_meter_provider`](crate::set_meter_provider), before or after this.
    ///
    /// ```
    /// use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// #[traced::traced]
    /// fn work() {}
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let exporter = InMemoryMetricExporter::default();
    /// let reader = PeriodicReader::builder(exporter.clone()).build();
    /// let meters = SdkMeterProvider::builder().with_reader(reader).build();
    /// traced::set_meter_provider(meters.clone());
    /// let _telemetry = TelemetryBuilder::default().metrics(true).no_exporter().init()?;
    /// work();
    /// meters.force_flush()?;
    /// let exported = format!("{:?}", exporter.get_finished_metrics()?);
    /// assert!(exported.contains("traced.function.duration"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn metrics(mut self, are_enabled: bool) -> Self {
        self.metrics = Some(are_enabled);
        self
    }
}

/// Whether metrics are enabled, in code or else in the environment.
pub(super) fn are_enabled(in_code: Option<bool>, environment: &mut Environment) -> bool {
    in_code.or_else(|| environment.boolean(&METRICS)) == Some(true)
}

/// Starts metrics with the counts of `source`. Without a source, ends those that the parent process started.
pub(super) fn install(source: Option<Source>) {
    metrics::measure(source.is_some());
    if let Some(source) = source {
        counts::read_from(source);
    }
}

/// Ends all metrics.
pub(super) fn end() {
    metrics::measure(false);
}
