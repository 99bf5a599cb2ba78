//! Samplers, id generators and exporters that panic, block or call back.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use opentelemetry::trace::{Link, SpanId, SpanKind, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    IdGenerator, RandomIdGenerator, Sampler, SamplingDecision, SamplingResult, ShouldSample,
    SpanData, SpanExporter,
};
use traced::traced;
use traced_tests_recorder::{Counting, assert_exact, builder};

use super::{alone, work};

#[traced]
fn called_back() {}

#[traced]
fn meets_trouble() -> u8 {
    7
}

fn sampled() -> SamplingResult {
    SamplingResult {
        decision: SamplingDecision::RecordAndSample,
        attributes: vec![KeyValue::new("sampler", "asked")],
        trace_state: TraceState::NONE,
    }
}

/// Calls a closure whenever it is asked for an id or a decision, but not from within the closure.
#[derive(Clone)]
struct Doing(Arc<dyn Fn(&str) + Send + Sync>);

thread_local! {
    static IS_DOING: Cell<bool> = const { Cell::new(false) };
}

impl Doing {
    fn new(what: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Doing(Arc::new(what))
    }

    fn run(&self, name: &str) {
        /// Ends the call, also after a panic.
        struct Done;
        impl Drop for Done {
            fn drop(&mut self) {
                IS_DOING.set(false);
            }
        }
        if !IS_DOING.replace(true) {
            let _done = Done;
            (self.0)(name);
        }
    }
}

impl std::fmt::Debug for Doing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Doing")
    }
}

impl ShouldSample for Doing {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: TraceId,
        name: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        self.run(name);
        sampled()
    }
}

impl IdGenerator for Doing {
    fn new_trace_id(&self) -> TraceId {
        self.run("");
        RandomIdGenerator::default().new_trace_id()
    }

    fn new_span_id(&self) -> SpanId {
        self.run("");
        RandomIdGenerator::default().new_span_id()
    }
}

#[test]
fn a_sampler_and_an_id_generator_may_start_spans() {
    let _alone = alone();
    let exporter = Counting::default();
    let telemetry = builder()
        .sampler(Doing::new(|_| called_back()))
        .id_generator(Doing::new(|_| called_back()))
        .span_exporter(exporter.clone())
        .init()
        .unwrap();
    for _ in 0..10 {
        assert_eq!(meets_trouble(), 7);
    }
    // Each call has its span, and one more for each question: the trace id, the span id, the decision.
    let report = telemetry.shutdown();
    assert_exact(&report, 40, &exporter);
    assert_eq!(report.exported, 40, "{report}");
}

#[test]
fn a_sampler_and_an_id_generator_may_panic() {
    let _alone = alone();
    let exporter = Counting::default();
    let telemetry = builder()
        .sampler(Doing::new(|name| {
            assert!(name != "meets_trouble", "no idea");
        }))
        .span_exporter(exporter.clone())
        .init()
        .unwrap();
    assert_eq!(meets_trouble(), 7);
    work();
    // The span is not sampled where the sampler panics.
    assert_exact(&telemetry.shutdown(), 1, &exporter);

    let exporter = Counting::default();
    let telemetry = builder()
        .id_generator(Doing::new(|_| panic!("no more ids")))
        .span_exporter(exporter.clone())
        .init()
        .unwrap();
    assert_eq!(meets_trouble(), 7);
    // The span has random ids where the generator panics.
    assert_exact(&telemetry.shutdown(), 1, &exporter);
    assert_eq!(exporter.names(), ["meets_trouble"]);
}

#[test]
fn a_sampler_that_blocks_keeps_its_thread_and_nobody_else() {
    let _alone = alone();
    let (asked, is_asked): (SyncSender<()>, Receiver<()>) = sync_channel(1);
    let (go, may_go): (SyncSender<()>, Receiver<()>) = sync_channel(1);
    let may_go = Mutex::new(may_go);
    let exporter = Counting::default();
    let telemetry = builder()
        .sampler(Doing::new(move |name| {
            if name == "meets_trouble" {
                asked.send(()).unwrap();
                may_go.lock().unwrap().recv().unwrap();
            }
        }))
        .span_exporter(exporter.clone())
        .init()
        .unwrap();
    let blocked = thread::spawn(meets_trouble);
    is_asked.recv().unwrap();
    work();
    let report = telemetry.force_flush();
    assert_eq!((report.ended, report.exported), (1, 1), "{report}");
    go.send(()).unwrap();
    assert_eq!(blocked.join().unwrap(), 7);
    assert_exact(&telemetry.shutdown(), 2, &exporter);
}

/// An exporter that calls annotated functions and starts threads that do.
#[derive(Debug, Clone, Default)]
struct CallingBack {
    counting: Counting,
    calls: Arc<AtomicU64>,
    panics: Arc<AtomicBool>,
}

impl SpanExporter for CallingBack {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.calls.fetch_add(1, Ordering::SeqCst);
        called_back();
        assert!(!self.panics.swap(false, Ordering::SeqCst), "no paper");
        self.counting.export(batch).await
    }
}

#[test]
fn an_exporter_that_calls_annotated_functions_exports_nothing_of_its_own() {
    let _alone = alone();
    let exporter = CallingBack::default();
    let telemetry = builder()
        .sampler(Sampler::AlwaysOn)
        .span_exporter(exporter.clone())
        .init()
        .unwrap();
    for _ in 0..3 {
        work();
        telemetry.force_flush();
    }
    let report = telemetry.shutdown();
    assert_exact(&report, 3, &exporter.counting);
    assert_eq!(exporter.calls.load(Ordering::SeqCst), 3);
    assert_eq!(exporter.counting.names(), ["work"; 3]);
}

#[test]
fn an_exporter_that_panics_fails_with_its_batch_alone() {
    let _alone = alone();
    let exporter = CallingBack::default();
    exporter.panics.store(true, Ordering::SeqCst);
    let telemetry = builder().span_exporter(exporter.clone()).init().unwrap();
    work();
    telemetry.force_flush();
    work();
    let report = telemetry.shutdown();
    assert_exact(&report, 2, &exporter.counting);
    assert_eq!((report.exported, report.failed), (1, 1), "{report}");
}
