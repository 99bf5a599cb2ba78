//! Which meter provider is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use opentelemetry::metrics::{
    Histogram, HistogramBuilder, InstrumentProvider, Meter, MeterProvider, SyncInstrument,
};
use opentelemetry::{InstrumentationScope, KeyValue, global};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use traced::traced;

use crate::{Meters, measured, rows};

#[traced]
fn work() {}

#[test]
fn a_provider_that_comes_later_is_told_from_then_on() {
    let meters = Meters::new();
    traced::set_meter_provider(SdkMeterProvider::default());
    let _telemetry = measured();
    work();
    traced::set_meter_provider(meters.provider());
    work();
    assert_eq!(meters.functions("meters"), rows([("work", 1)]));
}

#[test]
fn a_provider_that_nobody_told_us_of_is_noticed() {
    let meters = Meters::new();
    traced::set_meter_provider(SdkMeterProvider::default());
    let _telemetry = measured();
    // A thread of its own, as its first calls look more often than later ones do.
    thread::scope(|scope| {
        scope.spawn(|| {
            work();
            global::set_meter_provider(meters.provider());
            work();
            assert_eq!(meters.functions("meters"), rows([("work", 1)]));
            for _ in 0..300 {
                work();
            }
            let later = Counting::default();
            global::set_meter_provider(later.clone());
            thread::sleep(Duration::from_millis(1100));
            work();
            assert_eq!(later.count(), 1);
        });
    });
}

#[test]
fn a_provider_is_replaced_for_all_threads() {
    let meters = Meters::install();
    let _telemetry = measured();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).for_each(|_| work()));
        }
    });
    assert_eq!(meters.functions("meters"), rows([("work", 400)]));
    let next = Counting::default();
    traced::set_meter_provider(next.clone());
    work();
    assert_eq!(next.count(), 1);
    assert_eq!(meters.functions("meters"), rows([("work", 400)]));
}

/// A provider of our own, which counts, calls annotated functions, and panics if it is told to.
#[derive(Clone, Default)]
struct Counting(Arc<Counts>);

#[derive(Default)]
struct Counts {
    measured: AtomicU64,
    panics: bool,
}

impl Counting {
    fn count(&self) -> u64 {
        self.0.measured.load(Ordering::SeqCst)
    }
}

impl MeterProvider for Counting {
    fn meter_with_scope(&self, _: InstrumentationScope) -> Meter {
        work();
        Meter::new(Arc::new(self.clone()))
    }
}

impl InstrumentProvider for Counting {
    fn f64_histogram(&self, _: HistogramBuilder<'_, Histogram<f64>>) -> Histogram<f64> {
        work();
        Histogram::new(Arc::new(self.clone()))
    }
}

impl SyncInstrument<f64> for Counting {
    fn measure(&self, _: f64, _: &[KeyValue]) {
        // As an exporter might be annotated.
        work();
        self.0.measured.fetch_add(1, Ordering::SeqCst);
        assert!(!self.0.panics, "on purpose");
    }
}

#[test]
fn a_provider_that_calls_functions_is_not_measured_itself() {
    let _alone = crate::alone();
    let _telemetry = measured();
    let provider = Counting::default();
    traced::set_meter_provider(provider.clone());
    work();
    work();
    assert_eq!(provider.count(), 2);
}

#[test]
fn a_provider_that_panics_does_not_reach_the_program() {
    let _alone = crate::alone();
    let _telemetry = measured();
    let provider = Counting(Arc::new(Counts {
        panics: true,
        ..Counts::default()
    }));
    traced::set_meter_provider(provider.clone());
    work();
    work();
    assert_eq!(provider.count(), 2);
}
