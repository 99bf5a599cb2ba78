//! A million spans from four threads: each is counted once, whatever the size of the queue.

use traced_tests_otlp::{Fault, Receiver};

use crate::child::{child, run};

const SPANS: u64 = 1_000_000;

fn load(queue: u64, deadline: &str) {
    let receiver = Receiver::start(Fault::Healthy);
    let mut command = child(&["load", &SPANS.to_string(), deadline]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("OTEL_BSP_MAX_QUEUE_SIZE", queue.to_string());
    if queue < 512 {
        command.env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", queue.to_string());
    }
    let ended = run(command);
    let report = ended.report();
    assert_eq!(report.ended, SPANS, "{ended:#?}");
    assert_eq!(report.pending, 0, "{ended:#?}");
    // The collector may have accepted the batch that was on its way at the deadline, whose answer
    // came too late.
    let (exported, received) = (report.exported, receiver.count());
    assert!(
        exported <= received && received <= exported + report.failed,
        "{received} {ended:#?}"
    );
    assert!(report.failed <= 512, "{ended:#?}");
    if queue == SPANS {
        assert_eq!(exported, SPANS, "{ended:#?}");
    }
    let full = ended.stderr.matches("is full").count();
    assert_eq!(full, usize::from(queue < SPANS), "{ended:#?}");
    if full == 1 {
        assert!(
            ended
                .stderr
                .contains(&format!("the queue of {queue} spans")),
            "{ended:#?}"
        );
        assert!(
            ended.stderr.contains("OTEL_BSP_MAX_QUEUE_SIZE"),
            "{ended:#?}"
        );
        let total = format!("{} dropped", report.dropped);
        assert!(ended.stderr.contains(&total), "{ended:#?}");
    }
}

#[test]
fn a_queue_of_1_loses_no_count() {
    load(1, "5000");
}

#[test]
fn a_queue_of_64_loses_no_count() {
    load(64, "5000");
}

#[test]
fn a_queue_of_2048_loses_no_count() {
    load(2048, "5000");
}

#[test]
fn a_queue_that_holds_them_all_loses_no_span() {
    // Long enough to export all spans on a slow machine.
    load(SPANS, "300000");
}
