//! Metrics, where they are asked for: how long functions take, and what becomes of spans and log records.

mod counts;

pub(super) use self::counts::Source;
use super::builder::TelemetryBuilder;
use super::environment::Environment;
use super::variables::METRICS;
use crate::metrics;

impl TelemetryBuilder {
    /// Whether metrics go to the global meter provider, from now to the end of telemetry. Unless set, `TRACED_METRICS`
    /// decides, and by default there are none. `docs/metrics.md` lists them.
    ///
    /// `traced.function.duration` is a histogram of how long each annotated function takes, in seconds, with the
    /// attribute `code.function.name`, and `error.type` if it fails: for every call, whether its span is sampled, turned
    /// off by a filter, or there is no provider of spans.
    ///
    /// `otel.sdk.*` are the counts of the [`Report`](super::Report) and more, by the semantic conventions for SDKs: spans
    /// that started and are open, the queues, what was exported, dropped and failed, and why, and how long exports take.
    ///
    /// The meter provider is yours, with its readers and exporters; install it with
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
    pub fn metrics(mut self, are_wanted: bool) -> Self {
        self.metrics = Some(are_wanted);
        self
    }
}

/// Whether code or environment want metrics.
pub(super) fn are_wanted(in_code: Option<bool>, environment: &mut Environment) -> bool {
    in_code.or_else(|| environment.boolean(&METRICS)) == Some(true)
}

/// Begins, with counts from there; or ends what a parent of this process began.
pub(super) fn install(source: Option<Source>) {
    metrics::measure(source.is_some());
    if let Some(source) = source {
        counts::read_from(source);
    }
}

/// Ends all of it.
pub(super) fn end() {
    metrics::measure(false);
}
