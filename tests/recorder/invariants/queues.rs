//! Small queues, and threads that share a queue.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use traced::telemetry::Batch;
use traced::traced;
use traced_tests_recorder::{Counting, assert_exact, builder};

use super::{alone, work};

#[test]
fn queues_of_one_two_and_three_hold_no_more_and_count_the_rest() {
    let _alone = alone();
    for size in 1..=3 {
        let exporter = Counting::held();
        let batch = Batch::new()
            .max_queue_size(size)
            .max_export_batch_size(size)
            .schedule_delay(Duration::from_millis(1));
        let telemetry = builder()
            .span_exporter(exporter.clone())
            .span_batch(batch)
            .init()
            .unwrap();
        work();
        exporter.wait_for_batch();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..500).for_each(|_| work()));
            }
        });
        let report = telemetry.report();
        // Pending: the full queue, and the batch that the exporter holds.
        assert_eq!(report.pending, size as u64 + 1, "{report}");
        assert_eq!(report.ended, 2_001, "{report}");
        assert_eq!(report.dropped, report.ended - report.pending, "{report}");
        exporter.let_go();
        let report = telemetry.shutdown();
        assert_exact(&report, 2_001, &exporter);
        assert_eq!(report.exported, size as u64 + 1, "{report}");
    }
}

#[test]
fn a_busy_thread_has_the_places_that_idle_ones_do_not_use() {
    const IDLE: u64 = 64;
    const SIZE: u64 = 256;
    let _alone = alone();
    let exporter = Counting::held();
    let batch = Batch::new()
        .max_queue_size(SIZE as usize)
        .max_export_batch_size(SIZE as usize)
        .schedule_delay(Duration::from_millis(1));
    let telemetry = builder()
        .span_exporter(exporter.clone())
        .span_batch(batch)
        .init()
        .unwrap();
    work();
    exporter.wait_for_batch();
    // The exporter is held from here on, so the queue only fills.
    let all = Barrier::new(IDLE as usize + 1);
    thread::scope(|scope| {
        for _ in 0..IDLE {
            scope.spawn(|| {
                work();
                all.wait();
                all.wait();
            });
        }
        all.wait();
        (0..SIZE - IDLE).for_each(|_| work());
        assert_eq!(telemetry.report().dropped, 0, "{}", telemetry.report());
        work();
        assert_eq!(telemetry.report().dropped, 1, "{}", telemetry.report());
        all.wait();
    });
    exporter.let_go();
    assert_exact(&telemetry.shutdown(), SIZE + 2, &exporter);
}

#[traced(attributes(text))]
fn heavy(text: &str) {}

#[test]
fn attributes_of_a_megabyte_arrive_whole_or_are_counted() {
    const MEGABYTE: usize = 1 << 20;
    let _alone = alone();
    let text = "x".repeat(MEGABYTE);
    let exporter = Counting::default();
    let telemetry = builder().span_exporter(exporter.clone()).init().unwrap();
    heavy(&text);
    work();
    assert_exact(&telemetry.shutdown(), 2, &exporter);
    assert_eq!(exporter.longest(), MEGABYTE as u64);

    // The queue has room for three of the heavy spans.
    let exporter = Counting::held();
    let batch = Batch::new()
        .max_queue_bytes(3 * MEGABYTE + MEGABYTE / 2)
        .schedule_delay(Duration::from_millis(1));
    let telemetry = builder()
        .span_exporter(exporter.clone())
        .span_batch(batch)
        .init()
        .unwrap();
    work();
    exporter.wait_for_batch();
    (0..10).for_each(|_| heavy(&text));
    // There is room for a light span beside them.
    work();
    let report = telemetry.report();
    assert_eq!((report.pending, report.dropped), (5, 7), "{report}");
    exporter.let_go();
    assert_exact(&telemetry.shutdown(), 12, &exporter);
}
