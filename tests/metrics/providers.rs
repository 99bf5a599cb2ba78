//! What telemetry says of itself, by the semantic conventions of SDKs.

use std::future::{Future, pending};
use std::net::TcpListener;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer as _,
};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{Sampler, SpanData, SpanExporter};
use traced::telemetry::{Batch, Otlp, Protocol, TelemetryBuilder};
use traced::traced;

use crate::{Meters, builder, rows};

#[traced]
fn work() {}

#[traced(parent = context)]
fn work_under(context: Context) {}

/// The rows of a metric, without the number of the component, which other tests count up.
fn rows_without_numbers(meters: &Meters, name: &str) -> crate::Rows {
    let rows = meters.rows(name).into_iter();
    rows.map(|(attributes, count)| {
        let mut shown = String::new();
        for word in attributes.split(' ') {
            if !shown.is_empty() {
                shown.push(' ');
            }
            match word.strip_prefix("otel.component.name=") {
                Some(name) => {
                    let (kind, number) = name.rsplit_once('/').unwrap();
                    assert!(number.parse::<u32>().is_ok(), "{name}");
                    shown.push_str("name=");
                    shown.push_str(kind);
                }
                None => shown.push_str(word),
            }
        }
        (shown, count)
    })
    .collect()
}

fn remote(flags: TraceFlags) -> Context {
    let span = SpanContext::new(
        TraceId::from(7),
        SpanId::from(7),
        flags,
        true,
        TraceState::NONE,
    );
    Context::new().with_remote_span_context(span)
}

#[test]
fn spans_are_counted_by_parent_and_decision() {
    let meters = Meters::install();
    let _telemetry = builder().init().unwrap();
    work();
    work_under(remote(TraceFlags::SAMPLED));
    work_under(remote(TraceFlags::NOT_SAMPLED));
    work_under(remote(TraceFlags::NOT_SAMPLED));
    let open = opentelemetry::global::tracer("hand").start("by hand");
    traced::span!("outer", {
        work();
        assert_eq!(
            meters.rows("otel.sdk.span.live")["otel.span.sampling_result=RECORD_AND_SAMPLE"],
            2
        );
    });
    assert_eq!(
        meters.rows("otel.sdk.span.started"),
        rows([
            (
                "otel.span.parent.origin=local otel.span.sampling_result=RECORD_AND_SAMPLE",
                1
            ),
            (
                "otel.span.parent.origin=none otel.span.sampling_result=RECORD_AND_SAMPLE",
                3
            ),
            (
                "otel.span.parent.origin=remote otel.span.sampling_result=DROP",
                2
            ),
            (
                "otel.span.parent.origin=remote otel.span.sampling_result=RECORD_AND_SAMPLE",
                1
            ),
        ])
    );
    drop(open);
    assert_eq!(
        meters.rows("otel.sdk.span.live"),
        rows([
            ("otel.span.sampling_result=RECORD_AND_SAMPLE", 0),
            ("otel.span.sampling_result=RECORD_ONLY", 0),
        ])
    );
}

#[test]
fn spans_that_no_sampler_keeps_are_counted() {
    let meters = Meters::install();
    let _telemetry = builder().sampler(Sampler::AlwaysOff).init().unwrap();
    work();
    drop(opentelemetry::global::tracer("hand").start("by hand"));
    assert_eq!(
        meters.rows("otel.sdk.span.started"),
        rows([(
            "otel.span.parent.origin=none otel.span.sampling_result=DROP",
            2
        )])
    );
}

/// Counts are kept for a few groups of threads, so that threads do not wait for each other.
#[test]
fn spans_of_hundreds_of_threads_are_counted() {
    const THREADS: u64 = 300;
    let meters = Meters::install();
    let _telemetry = builder().init().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(work);
        }
    });
    let started = meters.rows("otel.sdk.span.started");
    assert_eq!(started.values().sum::<u64>(), THREADS);
}

/// Waits until it is told to go on, and then fails or not.
#[derive(Clone, Debug, Default)]
struct Held(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    goes_on: bool,
    fails: bool,
    is_exporting: bool,
}

impl Held {
    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    fn wait_until_exporting(&self) {
        let state = self.0.0.lock().unwrap();
        drop(
            self.0
                .1
                .wait_while(state, |state| !state.is_exporting)
                .unwrap(),
        );
    }
}

impl SpanExporter for Held {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        self.set(|state| state.is_exporting = true);
        let state = self.0.0.lock().unwrap();
        let state = self.0.1.wait_while(state, |state| !state.goes_on).unwrap();
        match state.fails {
            true => Err(OTelSdkError::InternalFailure("on purpose".to_owned())),
            false => Ok(()),
        }
    }
}

const HELD: &str = "metrics::providers::Held";
const QUEUE: &str = "name=batching_span_processor otel.component.type=batching_span_processor";

#[test]
fn queues_and_exports_are_counted() {
    let meters = Meters::install();
    let held = Held::default();
    let batch = Batch::default().max_queue_size(4).max_export_batch_size(2);
    let telemetry = TelemetryBuilder::default()
        .metrics(true)
        .span_batch(batch)
        .span_exporter(held.clone())
        .init()
        .unwrap();
    let read = |name: &str| rows_without_numbers(&meters, name);
    let exporter = format!("name={HELD} otel.component.type={HELD}");
    work();
    work();
    held.wait_until_exporting();
    assert_eq!(
        read("otel.sdk.exporter.span.inflight"),
        rows([(&exporter, 2)])
    );
    assert_eq!(
        read("otel.sdk.processor.span.queue.capacity"),
        rows([(QUEUE, 4)])
    );
    assert_eq!(
        read("otel.sdk.processor.span.queue.size"),
        rows([(QUEUE, 0)])
    );
    (0..7).for_each(|_| work());
    assert_eq!(
        read("otel.sdk.processor.span.queue.size"),
        rows([(QUEUE, 4)])
    );
    let full = format!("error.type=queue_full {QUEUE}");
    assert_eq!(
        read("otel.sdk.processor.span.processed"),
        rows([(QUEUE, 2), (&full, 3)])
    );
    held.set(|state| state.goes_on = true);
    telemetry.force_flush();
    assert_eq!(
        read("otel.sdk.exporter.span.exported"),
        rows([(&exporter, 6)])
    );
    assert_eq!(
        read("otel.sdk.exporter.span.inflight"),
        rows([(&exporter, 0)])
    );
    held.set(|state| state.fails = true);
    work();
    let report = telemetry.shutdown();
    assert_eq!(
        (report.ended, report.exported, report.dropped, report.failed),
        (10, 6, 3, 1)
    );
    let other = format!("error.type=_OTHER {exporter}");
    // The last counts are read after the end.
    assert_eq!(
        read("otel.sdk.exporter.span.exported"),
        rows([(&exporter, 6), (&other, 1)])
    );
    assert_eq!(
        read("otel.sdk.processor.span.processed"),
        rows([(QUEUE, 7), (&full, 3)])
    );
    assert_eq!(
        read("otel.sdk.exporter.operation.duration"),
        rows([(&exporter, 3), (&other, 1)])
    );
}

/// Never answers.
#[derive(Debug)]
struct Deaf;

impl SpanExporter for Deaf {
    fn export(&self, _: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        pending()
    }
}

#[test]
fn what_a_deadline_leaves_is_said() {
    let meters = Meters::install();
    let batch = Batch::default().max_queue_size(4).max_export_batch_size(2);
    let telemetry = TelemetryBuilder::default()
        .metrics(true)
        .span_batch(batch)
        .span_exporter(Deaf)
        .shutdown_deadline(Duration::from_millis(300))
        .init()
        .unwrap();
    (0..4).for_each(|_| work());
    let report = telemetry.shutdown();
    assert_eq!(report.failed + report.dropped, 4);
    let processed = rows_without_numbers(&meters, "otel.sdk.processor.span.processed");
    let late = format!("error.type=shutdown_timeout {QUEUE}");
    assert_eq!(processed.get(&late).copied().unwrap_or(0), report.dropped);
    let exported = rows_without_numbers(&meters, "otel.sdk.exporter.span.exported");
    let failed = exported
        .iter()
        .filter(|(row, _)| row.starts_with("error.type="));
    assert_eq!(failed.map(|(_, count)| count).sum::<u64>(), report.failed);
}

#[test]
fn an_otlp_exporter_is_called_by_its_protocol_and_says_why_it_failed() {
    // A port where nobody listens.
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for (protocol, component) in [
        (Protocol::Grpc, "otlp_grpc_span_exporter"),
        (Protocol::HttpProtobuf, "otlp_http_span_exporter"),
        (Protocol::HttpJson, "otlp_http_json_span_exporter"),
    ] {
        let meters = Meters::install();
        let otlp = Otlp::default()
            .endpoint(format!("http://{address}"))
            .protocol(protocol);
        let telemetry = TelemetryBuilder::default()
            .metrics(true)
            .otlp(otlp)
            .init()
            .unwrap();
        work();
        assert_eq!(telemetry.shutdown().failed, 1);
        let failed =
            format!("error.type=unreachable name={component} otel.component.type={component}");
        assert_eq!(
            rows_without_numbers(&meters, "otel.sdk.exporter.operation.duration"),
            rows([(&failed, 1)])
        );
        let exported = rows_without_numbers(&meters, "otel.sdk.exporter.span.exported");
        assert_eq!(exported[&failed], 1);
    }
}

#[test]
fn log_records_are_counted_beside() {
    use traced::telemetry::LogRecords;

    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let meters = Meters::install();
    let records = LogRecords::new().otlp(Otlp::default().endpoint(format!("http://{address}")));
    let telemetry = builder().log_records(records).init().unwrap();
    log::warn!("once");
    let report = telemetry.shutdown();
    let row = &report.exporters[0];
    assert_eq!((row.signal, row.failed), ("log records", 1));
    let queue = "name=batching_log_processor otel.component.type=batching_log_processor";
    assert_eq!(
        rows_without_numbers(&meters, "otel.sdk.processor.log.processed"),
        rows([(queue, 1)])
    );
    let exporter = "otlp_http_log_exporter";
    let failed = format!("error.type=unreachable name={exporter} otel.component.type={exporter}");
    let exported = rows_without_numbers(&meters, "otel.sdk.exporter.log.exported");
    assert_eq!(exported[&failed], 1);
}

#[test]
fn counts_go_to_a_provider_that_comes_later_from_their_beginning() {
    let meters = Meters::new();
    // That of another test may make spans itself.
    traced::set_meter_provider(SdkMeterProvider::default());
    let _telemetry = builder().init().unwrap();
    work();
    traced::set_meter_provider(meters.provider());
    work();
    let started = meters.rows("otel.sdk.span.started");
    assert_eq!(started.values().sum::<u64>(), 2);
}
