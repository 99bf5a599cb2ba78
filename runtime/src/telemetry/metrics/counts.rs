//! The counts of telemetry itself, as in the semantic conventions for SDKs. They are read whenever a reader collects.
//!
//! Specification: semantic conventions, *OpenTelemetry SDK metrics*.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};

use crate::fork::ForkMutex;
use crate::metrics;
use crate::recorder::sink::Places;
use crate::recorder::{ParentOrigin, SamplingResult, SpanCounts};
use crate::telemetry::export::Measured;

/// The source of the counts. It outlives telemetry, so that the last counts can be read after its end.
#[derive(Debug)]
pub(in crate::telemetry) struct Source {
    /// `None` with the SDK's provider, which does not count spans.
    pub(in crate::telemetry) spans: Option<Arc<SpanCounts>>,
    pub(in crate::telemetry) exporters: Vec<Measured>,
}

static SOURCE: ForkMutex<Option<Arc<Source>>> = ForkMutex::new(None);

/// Reads the counts of `source` from now on.
pub(super) fn read_from(source: Source) {
    let replaced = SOURCE
        .lock()
        .map(|mut current| current.replace(Arc::new(source)));
    drop(replaced);
    metrics::on_new_provider(observe);
    observe();
}

type Observe<'t> = &'t mut dyn FnMut(u64, &[KeyValue]);

/// One instrument.
struct Row {
    name: &'static str,
    unit: &'static str,
    description: &'static str,
    is_counter: bool,
    read: Read,
}

#[derive(Clone, Copy)]
enum Read {
    Spans(fn(&SpanCounts, Observe<'_>)),
    SpanExporters(fn(&Measured, &Places, Observe<'_>)),
    LogExporters(fn(&Measured, &Places, Observe<'_>)),
}

/// `counter "name", "unit", source(function), "description";`
macro_rules! rows {
    ($($kind:ident $name:literal, $unit:literal, $read:ident($function:path), $description:literal;)*) => {
        &[$(Row {
            name: $name,
            unit: $unit,
            description: $description,
            is_counter: rows!(@$kind),
            read: Read::$read($function),
        }),*]
    };
    (@counter) => { true };
    (@level) => { false };
}

const ROWS: &[Row] = rows! {
    counter "otel.sdk.span.started", "{span}", Spans(started),
        "The number of created spans.";
    level "otel.sdk.span.live", "{span}", Spans(live),
        "The number of created spans with `recording=true` for which the end operation has not been called yet.";
    counter "otel.sdk.processor.span.processed", "{span}", SpanExporters(processed),
        "The number of spans for which the processing has finished, either successful or failed.";
    level "otel.sdk.processor.span.queue.size", "{span}", SpanExporters(queue_size),
        "The number of spans in the queue of a given instance of an SDK span processor.";
    level "otel.sdk.processor.span.queue.capacity", "{span}", SpanExporters(queue_capacity),
        "The maximum number of spans the queue of a given instance of an SDK span processor can hold.";
    counter "otel.sdk.exporter.span.exported", "{span}", SpanExporters(exported),
        "The number of spans for which the export has finished, either successful or failed.";
    level "otel.sdk.exporter.span.inflight", "{span}", SpanExporters(inflight),
        "The number of spans which were passed to the exporter, but that have not been exported yet.";
    counter "otel.sdk.processor.log.processed", "{log_record}", LogExporters(processed),
        "The number of log records for which the processing has finished, either successful or failed.";
    level "otel.sdk.processor.log.queue.size", "{log_record}", LogExporters(queue_size),
        "The number of log records in the queue of a given instance of an SDK log processor.";
    level "otel.sdk.processor.log.queue.capacity", "{log_record}", LogExporters(queue_capacity),
        "The maximum number of log records the queue of a given instance of an SDK log processor can hold.";
    counter "otel.sdk.exporter.log.exported", "{log_record}", LogExporters(exported),
        "The number of log records for which the export has finished, either successful or failed.";
    level "otel.sdk.exporter.log.inflight", "{log_record}", LogExporters(inflight),
        "The number of log records which were passed to the exporter, but that have not been exported yet.";
};

/// Makes the instruments, whose callbacks the meter provider keeps for good.
fn observe() {
    let source = SOURCE.lock().and_then(|source| source.clone());
    let Some(source) = source else {
        return;
    };
    metrics::recorded_if_enabled(|| {
        let meter = metrics::own_meter();
        for row in ROWS.iter().filter(|row| source.has(row.read)) {
            row.observe(&meter, &source);
        }
    });
}

impl Row {
    fn observe(&self, meter: &Meter, source: &Arc<Source>) {
        // Weak, so that the callbacks read nothing after telemetry has ended and started again.
        let (read, source) = (self.read, Arc::downgrade(source));
        match self.is_counter {
            true => {
                let callback = move |instrument: &dyn AsyncInstrument<u64>| {
                    if let Some(source) = source.upgrade() {
                        source.read(read, &mut |count, attributes| {
                            instrument.observe(count, attributes);
                        });
                    }
                };
                meter
                    .u64_observable_counter(self.name)
                    .with_unit(self.unit)
                    .with_description(self.description)
                    .with_callback(callback)
                    .build();
            }
            false => {
                let callback = move |instrument: &dyn AsyncInstrument<i64>| {
                    if let Some(source) = source.upgrade() {
                        source.read(read, &mut |count, attributes| {
                            instrument
                                .observe(i64::try_from(count).unwrap_or(i64::MAX), attributes);
                        });
                    }
                };
                meter
                    .i64_observable_up_down_counter(self.name)
                    .with_unit(self.unit)
                    .with_description(self.description)
                    .with_callback(callback)
                    .build();
            }
        }
    }
}

impl Source {
    fn has(&self, read: Read) -> bool {
        match read {
            Read::Spans(_) => self.spans.is_some(),
            Read::SpanExporters(_) => self.exporters.iter().any(|exporter| exporter.is_of_spans),
            Read::LogExporters(_) => self.exporters.iter().any(|exporter| !exporter.is_of_spans),
        }
    }

    fn read(&self, read: Read, observe: Observe<'_>) {
        let (is_of_spans, read) = match read {
            Read::Spans(read) => {
                if let Some(spans) = &self.spans {
                    read(spans, observe);
                }
                return;
            }
            Read::SpanExporters(read) => (true, read),
            Read::LogExporters(read) => (false, read),
        };
        for exporter in &self.exporters {
            if exporter.is_of_spans == is_of_spans {
                read(exporter, &exporter.queue.places(), observe);
            }
        }
    }
}

fn started(spans: &SpanCounts, observe: Observe<'_>) {
    for origin in ParentOrigin::ALL {
        for result in SamplingResult::ALL {
            let count = spans.all_started(origin, result);
            if count > 0 {
                let origin = KeyValue::new("otel.span.parent.origin", origin.name());
                observe(count, &[origin, sampling_result(result)]);
            }
        }
    }
}

fn live(spans: &SpanCounts, observe: Observe<'_>) {
    // Spans with the result `Drop` do not record, so they do not count as live.
    for result in [SamplingResult::RecordOnly, SamplingResult::RecordAndSample] {
        observe(spans.live(result), &[sampling_result(result)]);
    }
}

fn sampling_result(result: SamplingResult) -> KeyValue {
    KeyValue::new("otel.span.sampling_result", result.name())
}

/// Items count as processed when the exporter has got them or they were dropped.
fn processed(exporter: &Measured, places: &Places, observe: Observe<'_>) {
    let component = &exporter.processor;
    observe(
        places.in_flight + places.exported + places.failed,
        &component.attributes,
    );
    // The conventions define the first two; the last one is our own.
    for (cause, count) in [
        ("queue_full", places.full),
        ("already_shutdown", places.closed),
        ("shutdown_timeout", places.late),
    ] {
        if count > 0 {
            observe(count, &component.failed(Cow::Borrowed(cause)));
        }
    }
}

fn queue_size(exporter: &Measured, places: &Places, observe: Observe<'_>) {
    observe(places.waiting, &exporter.processor.attributes);
}

fn queue_capacity(exporter: &Measured, places: &Places, observe: Observe<'_>) {
    observe(places.capacity, &exporter.processor.attributes);
}

fn exported(exporter: &Measured, places: &Places, observe: Observe<'_>) {
    let component = &exporter.exporter;
    observe(places.exported, &component.attributes);
    let mut left = places.failed;
    let mut others = 0;
    for (cause, count) in exporter.causes.all() {
        // A cause may be noted before its items are settled.
        let count = count.min(left);
        left -= count;
        match &*cause {
            "_OTHER" => others = count,
            _ if count > 0 => observe(count, &component.failed(cause)),
            _ => {}
        }
    }
    // With the items that were in flight at the deadline of the shutdown.
    if left + others > 0 {
        observe(left + others, &component.failed(Cow::Borrowed("_OTHER")));
    }
}

fn inflight(exporter: &Measured, places: &Places, observe: Observe<'_>) {
    observe(places.in_flight, &exporter.exporter.attributes);
}
