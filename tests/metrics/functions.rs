//! The histogram of each function.

use std::fmt;
use std::future::{pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use futures::StreamExt as _;
use futures::executor::block_on;
use futures_core::Stream;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler};
use traced::{Failure, Outcome, traced};

use crate::{DURATION, Meters, builder, measured, rows};

#[derive(Debug)]
struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        TEXTS.fetch_add(1, Ordering::Relaxed);
        f.write_str("full")
    }
}

impl std::error::Error for Full {}

/// How often the text of an error was asked for.
static TEXTS: AtomicU32 = AtomicU32::new(0);

#[traced]
fn work() {}

#[traced(attributes(fails))]
fn put(fails: bool) -> Result<(), Full> {
    if fails { Err(Full) } else { Ok(()) }
}

#[traced]
fn panics() {
    panic!("on purpose");
}

#[traced(name = "another name", kind = "client")]
async fn later(fails: bool) -> Result<u8, Full> {
    tokio::task::yield_now().await;
    if fails { Err(Full) } else { Ok(1) }
}

#[traced(attributes(n))]
async fn with_attributes(n: u8) {
    ready(n).await;
}

#[traced]
async fn panics_later() {
    ready(()).await;
    panic!("on purpose");
}

#[traced]
async fn never() {
    pending::<()>().await;
}

#[traced]
fn boxed() -> Pin<Box<dyn Future<Output = Result<(), Full>> + Send>> {
    Box::pin(async { Err(Full) })
}

#[traced]
fn items(fails: bool) -> impl Stream<Item = Result<u8, Full>> {
    futures::stream::iter([Ok(1), if fails { Err(Full) } else { Ok(2) }, Ok(3)])
}

#[traced]
fn opaque(fails: bool) -> impl FnOnce() -> Result<(), Full> {
    move || if fails { Err(Full) } else { Ok(()) }
}

#[traced]
fn eager(fails: bool) -> Result<impl Sized, Full> {
    if fails { Err(Full) } else { Ok(()) }
}

struct Store;

#[traced]
impl Store {
    fn load(&self) {
        traced::span!("inner", {});
        #[traced(name = "block")]
        {
            std::hint::black_box(self as *const Store);
        }
    }
}

/// A poll or two.
fn poll_and_drop(future: impl Future<Output = ()>) {
    let mut future = pin!(future);
    for _ in 0..2 {
        assert!(
            future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
    }
}

/// Calls that end in each way, and what is told of them.
fn every_end() -> crate::Rows {
    work();
    work();
    let _ = (put(false), put(true));
    let _ = catch_unwind(panics);
    let _ = block_on(later(false));
    let _ = block_on(later(true));
    block_on(with_attributes(1));
    let _ = catch_unwind(|| block_on(panics_later()));
    poll_and_drop(never());
    // It was never polled: it did not begin.
    drop(never());
    let _ = block_on(boxed());
    block_on(items(false).for_each(|_| ready(())));
    block_on(items(true).for_each(|_| ready(())));
    let mut broken_off = Box::pin(items(false));
    let _ = block_on(broken_off.next());
    drop(broken_off);
    let mut failed_last = Box::pin(items(true));
    block_on(async {
        failed_last.next().await;
        failed_last.next().await;
    });
    drop(failed_last);
    let _ = opaque(true)();
    let _ = (eager(false).is_ok(), eager(true).is_ok());
    Store.load();
    rows([
        ("work", 2),
        ("put", 1),
        ("put error.type=metrics::functions::Full", 1),
        ("panics error.type=panic", 1),
        ("later", 1),
        ("with_attributes", 1),
        ("panics_later error.type=panic", 1),
        ("never traced.cancelled=true", 1),
        ("boxed error.type=metrics::functions::Full", 1),
        ("items", 1),
        ("items error.type=metrics::functions::Full", 2),
        ("items traced.cancelled=true", 1),
        ("opaque", 1),
        ("eager", 1),
        ("eager error.type=metrics::functions::Full", 1),
        ("Store::load", 1),
        ("later error.type=metrics::functions::Full", 1),
    ])
}

#[test]
fn every_end_of_a_call_is_told_apart() {
    let meters = Meters::install();
    let spans = InMemorySpanExporter::default();
    let telemetry = crate::TelemetryBuilder::default()
        .metrics(true)
        .span_exporter(spans.clone())
        .init()
        .unwrap();
    let expected = every_end();
    assert_eq!(meters.functions("functions"), expected);
    telemetry.force_flush();
    // The spans are as they are without metrics.
    let spans = spans.get_finished_spans().unwrap();
    assert_eq!(
        spans
            .iter()
            .filter(|span| span.name == "another name")
            .count(),
        2
    );
    let cancelled = spans.iter().filter(|span| {
        span.attributes
            .iter()
            .any(|attribute| attribute.key.as_str() == "traced.cancelled")
    });
    assert_eq!(cancelled.count(), 2);
    let panicked = spans.iter().find(|span| span.name == "panics").unwrap();
    assert_eq!(panicked.events.len(), 1);
}

#[test]
fn calls_that_are_not_sampled_are_measured_alike() {
    let meters = Meters::install();
    let _telemetry = builder().sampler(Sampler::AlwaysOff).init().unwrap();
    let before = TEXTS.load(Ordering::Relaxed);
    let expected = every_end();
    assert_eq!(meters.functions("functions"), expected);
    // Only the type of an error is wanted.
    assert_eq!(TEXTS.load(Ordering::Relaxed), before);
}

#[test]
fn calls_that_a_filter_turned_off_are_measured_alike() {
    let meters = Meters::install();
    let _telemetry = builder().filter("off".parse().unwrap()).init().unwrap();
    let expected = every_end();
    assert_eq!(meters.functions("functions"), expected);
    // A filter that comes and goes changes nothing.
    traced::set_filter(traced::Filter::default());
    work();
    traced::set_filter("off".parse().unwrap());
    work();
    assert_eq!(meters.functions("functions")["work"], 4);
}

#[test]
fn calls_without_a_tracer_provider_are_measured_alike() {
    let meters = Meters::install();
    let _telemetry = measured();
    traced::set_tracer_provider(opentelemetry::trace::noop::NoopTracerProvider::new());
    let expected = every_end();
    assert_eq!(meters.functions("functions"), expected);
    // Also after so many that nobody looks for a provider any more.
    for _ in 0..3000 {
        work();
    }
    assert_eq!(meters.functions("functions")["work"], 3002);
}

#[test]
fn nothing_is_measured_unless_it_is_asked_for_and_after_the_end() {
    let meters = Meters::install();
    let off = crate::TelemetryBuilder::default()
        .no_exporter()
        .init()
        .unwrap();
    every_end();
    drop(off);
    let on = measured();
    work();
    drop(on);
    every_end();
    assert_eq!(meters.functions("functions"), rows([("work", 1)]));
}

#[traced]
fn sleeps() {
    thread::sleep(Duration::from_millis(20));
}

#[traced]
async fn sleeps_later() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

#[test]
fn a_duration_is_in_seconds_and_in_a_bucket() {
    let meters = Meters::install();
    let _telemetry = measured();
    sleeps();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(sleeps_later());
    let mut seen = 0;
    meters.each(DURATION, |scope, metric| {
        assert_eq!((scope, metric.unit()), ("traced-tests", "s"));
        let AggregatedMetrics::F64(MetricData::Histogram(histogram)) = metric.data() else {
            panic!("{metric:?}");
        };
        for point in histogram.data_points() {
            // No upper bound that a busy machine would pass.
            assert!((0.02..10.0).contains(&point.sum()), "{}", point.sum());
            let below: u64 = point
                .bounds()
                .zip(point.bucket_counts())
                .filter(|(bound, _)| *bound <= 0.01)
                .map(|(_, count)| count)
                .sum();
            assert_eq!((below, point.count()), (0, 1));
            seen += 1;
        }
    });
    assert_eq!(seen, 2);
}

struct Answer(u32);

impl Outcome for Answer {
    fn failure(&self) -> Option<Failure> {
        Some(Failure::new(self.0.to_string()))
    }
}

#[traced]
fn answer(number: u32) -> Answer {
    Answer(number)
}

#[traced(fail_if = |value: &u32| *value > 1, on_ok(|value| error.type = %value))]
fn described(value: u32) -> u32 {
    value
}

#[test]
fn error_types_are_few() {
    let meters = Meters::install();
    let _telemetry = measured();
    thread::scope(|scope| {
        for start in [0, 50] {
            scope.spawn(move || {
                (start..start + 50).for_each(|number| {
                    answer(number);
                });
            });
        }
    });
    described(1);
    described(7);
    let rows = meters.functions("functions");
    let of_answer = rows.iter().filter(|(row, _)| row.starts_with("answer "));
    assert_eq!(of_answer.clone().count(), 17, "{rows:?}");
    assert_eq!(of_answer.map(|(_, count)| count).sum::<u64>(), 100);
    assert_eq!(rows["answer error.type=_OTHER"], 84);
    assert_eq!(rows["described"], 1);
    assert_eq!(rows["described error.type=_OTHER"], 1);
}

#[traced(on_err(|error| text = %error), error_if = |error: &Full| error.to_string() == "full")]
fn child() -> Result<(), Full> {
    Err(Full)
}

#[traced]
fn parent() {
    let _ = child();
}

#[test]
fn the_result_of_a_call_without_a_span_is_not_recorded_on_another_span() {
    let meters = Meters::install();
    let spans = InMemorySpanExporter::default();
    let telemetry = crate::TelemetryBuilder::default()
        .metrics(true)
        .filter("metrics::functions::child=off".parse().unwrap())
        .span_exporter(spans.clone())
        .init()
        .unwrap();
    parent();
    telemetry.force_flush();
    let spans = spans.get_finished_spans().unwrap();
    assert_eq!(spans.len(), 1);
    assert_eq!((&*spans[0].name, spans[0].attributes.len()), ("parent", 0));
    assert!(spans[0].events.is_empty());
    assert_eq!(
        meters.functions("functions"),
        rows([
            ("child error.type=metrics::functions::Full", 1),
            ("parent", 1)
        ])
    );
}

#[test]
fn the_times_of_polls_are_measured_beside() {
    let meters = Meters::install();
    let spans = InMemorySpanExporter::default();
    let telemetry = crate::TelemetryBuilder::default()
        .metrics(true)
        .poll_times(true)
        .span_exporter(spans.clone())
        .init()
        .unwrap();
    assert_eq!(every_end(), meters.functions("functions"));
    telemetry.force_flush();
    let spans = spans.get_finished_spans().unwrap();
    let polled = spans.iter().filter(|span| {
        span.attributes
            .iter()
            .any(|attribute| attribute.key.as_str() == "traced.polls")
    });
    let mut names: Vec<&str> = polled.map(|span| &*span.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(
        names,
        [
            "another name",
            "boxed",
            "items",
            "never",
            "panics_later",
            "with_attributes"
        ]
    );
}

#[test]
fn a_panicking_observer_is_the_users_panic() {
    #[traced(error_if = |_: &Full| panic!("on purpose"))]
    fn judged() -> Result<(), Full> {
        Err(Full)
    }

    let meters = Meters::install();
    let _telemetry = measured();
    assert!(catch_unwind(AssertUnwindSafe(judged)).is_err());
    assert_eq!(
        meters.functions("functions"),
        rows([("judged error.type=panic", 1)])
    );
}
