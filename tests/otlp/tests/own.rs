//! An exporter of the program's own: its faults are in the report, and other exporters lose nothing
//! by them.

use std::time::Duration;

use traced_tests_otlp::{Fault, Receiver};

use crate::child::{Ended, child, run};

/// Exports three batches of ten spans each, and returns the row of the program's exporter in the
/// report.
fn with(fault: &str, settings: &str) -> (Ended, String) {
    let receiver = Receiver::start(Fault::Healthy);
    let mut command = child(&["own", "10", "2000", fault]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("SETTINGS", settings);
    let ended = run(command);
    assert!(ended.status.success(), "{ended:#?}");
    // The collector, the other exporter, gets every span.
    assert_eq!(receiver.count(), 30, "{ended:#?}");
    let name = "span exporter otlp_child::Faulty: ";
    let row = ended
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix(name));
    let row = row.unwrap_or_else(|| panic!("{ended:#?}")).to_owned();
    (ended, row)
}

#[test]
fn an_exporter_of_the_user_gets_all_spans_and_is_shut_down_once() {
    let (ended, row) = with("works", "");
    assert_eq!(row, "30 spans ended, 30 exported, 0 dropped, 0 failed");
    assert_eq!(ended.stdout.matches("shut down").count(), 1, "{ended:#?}");
    assert_eq!(ended.stderr, "");
}

#[test]
fn an_exporter_that_panics_gets_the_next_batch() {
    let (ended, row) = with("panics", "");
    assert_eq!(row, "30 spans ended, 20 exported, 0 dropped, 10 failed");
    let said = "10 spans are lost in span exporter otlp_child::Faulty: it panicked (no paper for 10 spans)";
    assert_eq!(ended.stderr.matches(said).count(), 1, "{ended:#?}");
    assert_eq!(ended.stdout.matches("shut down").count(), 1, "{ended:#?}");
}

#[test]
fn an_exporter_that_fails_gets_the_next_batch() {
    let (ended, row) = with("fails", "");
    assert_eq!(row, "30 spans ended, 20 exported, 0 dropped, 10 failed");
    assert_eq!(ended.stderr.matches("no paper").count(), 1, "{ended:#?}");
}

#[test]
fn an_exporter_that_hangs_keeps_nobody() {
    let (ended, row) = with("hangs", "timeout=100");
    assert_eq!(row, "30 spans ended, 0 exported, 0 dropped, 30 failed");
    assert!(
        ended.stderr.contains("OTEL_BSP_EXPORT_TIMEOUT"),
        "{ended:#?}"
    );
    let took = ended.reports()[0].took;
    assert!(took < Duration::from_secs(10), "{ended:#?}");
}

#[test]
fn a_queue_without_a_bound_is_possible() {
    let (_, row) = with("works", &format!("queue={0},batch={0}", usize::MAX));
    assert_eq!(row, "30 spans ended, 30 exported, 0 dropped, 0 failed");
}
