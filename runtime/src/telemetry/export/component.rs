//! The components of an exporter, by the semantic conventions for SDKs, and the duration of exports.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use opentelemetry::metrics::Histogram;
use opentelemetry::{KeyValue, StringValue};

use crate::fork::ForkMutex;
use crate::metrics;

/// A component: `otel.component.type` and `otel.component.name`.
#[derive(Clone, Debug)]
pub(crate) struct Component {
    pub(crate) attributes: [KeyValue; 2],
}

/// The number of components of each type so far.
static INSTANCES: ForkMutex<Vec<(String, u64)>> = ForkMutex::new(Vec::new());

impl Component {
    /// A new component, whose name ends in its number among those of its type.
    pub(crate) fn new(kind: &str) -> Self {
        let number = INSTANCES.lock().map_or(0, |mut instances| {
            match instances.iter_mut().find(|(known, _)| known == kind) {
                Some((_, count)) => {
                    *count += 1;
                    *count - 1
                }
                None => {
                    instances.push((kind.to_owned(), 1));
                    0
                }
            }
        });
        let value = |text: String| StringValue::from(std::sync::Arc::<str>::from(text));
        Component {
            attributes: [
                KeyValue::new("otel.component.name", value(format!("{kind}/{number}"))),
                KeyValue::new("otel.component.type", value(kind.to_owned())),
            ],
        }
    }

    /// Its attributes and the cause of a failure.
    pub(crate) fn failed(&self, cause: Cow<'static, str>) -> [KeyValue; 3] {
        let [name, kind] = self.attributes.clone();
        [name, kind, KeyValue::new("error.type", cause)]
    }
}

/// The histogram of the durations of one exporter's exports.
#[derive(Default)]
pub(super) struct Operations {
    component: Option<Component>,
    duration: metrics::Remade<Histogram<f64>>,
}

/// In seconds, as the conventions recommend for requests.
const BOUNDARIES: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

impl Operations {
    pub(super) fn of(component: &Component) -> Self {
        Operations {
            component: Some(component.clone()),
            duration: metrics::Remade::default(),
        }
    }

    /// Records an export, with the cause if it failed.
    pub(super) fn record(&mut self, took: Duration, cause: Option<Cow<'static, str>>) {
        let Some(component) = &self.component else {
            return;
        };
        let duration = &mut self.duration;
        metrics::recorded_if_enabled(|| {
            let duration = duration.get(|meter| {
                meter
                    .f64_histogram("otel.sdk.exporter.operation.duration")
                    .with_unit("s")
                    .with_description("The duration of exporting a batch of telemetry records.")
                    .with_boundaries(BOUNDARIES.to_vec())
                    .build()
            });
            match cause {
                None => duration.record(took.as_secs_f64(), &component.attributes),
                Some(cause) => duration.record(took.as_secs_f64(), &component.failed(cause)),
            }
        });
    }
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operations").finish_non_exhaustive()
    }
}
