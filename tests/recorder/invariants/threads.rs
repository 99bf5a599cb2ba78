//! Threads that come and go.

use std::cell::RefCell;
use std::thread;

use opentelemetry::Context;
use opentelemetry::global::{self, BoxedSpan};
use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
use traced::telemetry::Batch;
use traced_tests_recorder::{Counting, assert_exact, builder, resident_kib};

use super::{alone, work};

#[test]
fn a_hundred_thousand_short_threads_lose_nothing_and_leave_nothing() {
    const THREADS: u64 = 100_000;
    let _alone = alone();
    let exporter = Counting::default();
    let batch = Batch::new().max_queue_size(THREADS as usize);
    let telemetry = builder()
        .span_exporter(exporter.clone())
        .span_batch(batch)
        .init()
        .unwrap();
    let short = |count: u64| {
        for _ in 0..count / 4 {
            let threads = [(); 4].map(|()| thread::spawn(work));
            for thread in threads {
                thread.join().unwrap();
            }
        }
        telemetry.force_flush();
        resident_kib().unwrap_or(0)
    };
    let early = short(THREADS / 10);
    let late = short(THREADS - THREADS / 10);
    // A slot per thread would take 400 MB.
    assert!(late < early + (20 << 10), "{early} KiB, {late} KiB");
    let report = telemetry.shutdown();
    assert_eq!(report.dropped, 0, "{report}");
    assert_exact(&report, THREADS, &exporter);
}

/// Spans in thread-local values, which end when those are destroyed: one before the recorder's
/// thread-local values are destroyed, one after.
#[derive(Default)]
#[expect(dead_code, reason = "the fields are there to be dropped")]
struct Held {
    span: Option<BoxedSpan>,
    context: Option<Context>,
}

thread_local! {
    static BEFORE: RefCell<Held> = RefCell::default();
    static AFTER: RefCell<Held> = RefCell::default();
}

#[test]
fn spans_that_end_with_their_thread_are_counted() {
    const THREADS: u64 = 50;
    let _alone = alone();
    let exporter = Counting::default();
    let telemetry = builder().span_exporter(exporter.clone()).init().unwrap();
    let held = |name: &'static str| {
        let tracer = global::tracer("held");
        Held {
            span: Some(tracer.start(name)),
            context: Some(Context::new().with_span(tracer.start(name))),
        }
    };
    for _ in 0..THREADS {
        let thread = thread::spawn(move || {
            // Thread-local values are destroyed in the reverse of the order of their creation.
            AFTER.with(|_| ());
            work();
            BEFORE.set(held("before"));
            AFTER.set(held("after"));
        });
        thread.join().unwrap();
    }
    let report = telemetry.shutdown();
    assert_eq!(report.dropped, 0, "{report}");
    assert_exact(&report, 5 * THREADS, &exporter);
    let names = exporter.names();
    for name in ["before", "after"] {
        let count = names.iter().filter(|known| *known == name).count();
        assert_eq!(count as u64, 2 * THREADS, "{name}");
    }
}
