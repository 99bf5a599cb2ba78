//! The ways in which a program ends, and what a flush guarantees before the end.

use std::time::Duration;

use traced_tests_otlp::{Fault, Receiver};

use crate::child::{Ended, child, run};

fn program(name: &str) -> (Receiver, Ended) {
    let receiver = Receiver::start(Fault::Healthy);
    let mut command = child(&[name, "50", "5000"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint());
    let ended = run(command);
    (receiver, ended)
}

#[test]
fn a_guard_that_is_dropped_flushes() {
    let (receiver, ended) = program("drop");
    assert!(ended.status.success(), "{ended:#?}");
    assert_eq!(receiver.count(), 50);
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_main_that_panics_flushes() {
    let (receiver, ended) = program("panic");
    assert_eq!(ended.status.code(), Some(101), "{ended:#?}");
    assert_eq!(receiver.count(), 50);
}

#[test]
fn a_flush_exports_what_has_ended_by_then() {
    let (receiver, ended) = program("flush");
    let reports = ended.reports();
    assert_eq!(
        (reports[0].ended, reports[0].exported),
        (50, 50),
        "{ended:#?}"
    );
    assert_eq!(ended.report().exported, 100, "{ended:#?}");
    assert_eq!(receiver.count(), 100);
}

#[test]
fn what_ends_after_the_shutdown_is_no_span() {
    let (receiver, ended) = program("after");
    assert_eq!(ended.report().ended, 50, "{ended:#?}");
    assert_eq!(receiver.count(), 50);
}

#[test]
fn an_exporter_that_is_off_reports_nothing() {
    let mut command = child(&["no_runtime", "50", "30000"]);
    command.env("OTEL_SDK_DISABLED", "true");
    let report = run(command).report();
    assert_eq!(report.ended, 0);
    // No exporter is left to wait for.
    assert!(report.took < Duration::from_secs(15), "{report:?}");
}
