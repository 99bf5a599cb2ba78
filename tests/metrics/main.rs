//! What a meter provider is told of functions, and of telemetry itself. Providers are the process's: one test at a time.

mod contexts;
mod functions;
mod meters;
mod providers;
mod unrecorded;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use traced::telemetry::{TelemetryBuilder, TelemetryGuard};

pub(crate) const DURATION: &str = "traced.function.duration";

/// A meter provider that is the global one, and what it was told.
pub(crate) struct Meters {
    provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
    _alone: MutexGuard<'static, ()>,
}

/// One row: the attributes, and the number of measurements or the sum.
pub(crate) type Rows = BTreeMap<String, u64>;

fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Meters {
    pub(crate) fn install() -> Self {
        let meters = Meters::new();
        traced::set_meter_provider(meters.provider.clone());
        meters
    }

    pub(crate) fn new() -> Self {
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).build();
        Meters {
            provider: SdkMeterProvider::builder().with_reader(reader).build(),
            exporter,
            _alone: alone(),
        }
    }

    pub(crate) fn provider(&self) -> SdkMeterProvider {
        self.provider.clone()
    }

    /// What `look` sees in each metric of the name, last of all.
    pub(crate) fn each(&self, name: &str, mut look: impl FnMut(&str, &Metric)) {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        for resource in self.exporter.get_finished_metrics().unwrap() {
            for scope in resource.scope_metrics() {
                for metric in scope.metrics().filter(|metric| metric.name() == name) {
                    look(scope.scope().name(), metric);
                }
            }
        }
    }

    /// The rows of a metric.
    pub(crate) fn rows(&self, name: &str) -> Rows {
        let mut rows = Rows::new();
        self.each(name, |_, metric| rows.extend(rows_of(metric)));
        rows
    }

    /// The rows of the functions of one module of these tests, whose path is left out.
    pub(crate) fn functions(&self, module: &str) -> Rows {
        let prefix = format!("code.function.name=metrics::{module}::");
        let rows = self.rows(DURATION).into_iter();
        rows.filter_map(|(attributes, count)| {
            attributes
                .contains(&prefix)
                .then(|| (attributes.replace(&prefix, ""), count))
        })
        .collect()
    }
}

fn rows_of(metric: &Metric) -> Rows {
    match metric.data() {
        AggregatedMetrics::F64(MetricData::Histogram(histogram)) => histogram
            .data_points()
            .map(|point| (text(point.attributes()), point.count()))
            .collect(),
        AggregatedMetrics::U64(MetricData::Sum(sum)) => sum
            .data_points()
            .map(|point| (text(point.attributes()), point.value()))
            .collect(),
        AggregatedMetrics::I64(MetricData::Sum(sum)) => sum
            .data_points()
            .map(|point| {
                (
                    text(point.attributes()),
                    u64::try_from(point.value()).unwrap(),
                )
            })
            .collect(),
        other => panic!("{}: {other:?}", metric.name()),
    }
}

fn text<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> String {
    let mut pairs: Vec<String> = attributes
        .map(|attribute| format!("{}={}", attribute.key, attribute.value))
        .collect();
    pairs.sort();
    pairs.join(" ")
}

pub(crate) fn rows<const N: usize>(rows: [(&str, u64); N]) -> Rows {
    rows.into_iter()
        .map(|(row, count)| (row.to_owned(), count))
        .collect()
}

/// Telemetry with metrics and without an exporter.
pub(crate) fn measured() -> TelemetryGuard {
    builder().init().unwrap()
}

pub(crate) fn builder() -> TelemetryBuilder {
    TelemetryBuilder::default().metrics(true).no_exporter()
}
