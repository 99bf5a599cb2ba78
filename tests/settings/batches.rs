//! How do spans wait for their export?

use crate::collector::Collector;
use crate::program::run;

#[test]
fn a_batch_is_as_large_as_it_may_be() {
    let printed = run("seen orders", &[("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2")]).says_nothing();
    let batches = printed.all("batch");
    assert!(
        batches.iter().all(|size| *size == "1" || *size == "2"),
        "{batches:?}"
    );
    assert_eq!(printed.all("exported").len(), 5);
}

#[test]
fn a_batch_in_code_beats_that_of_the_environment() {
    let printed = run(
        "seen pairs orders",
        &[("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")],
    )
    .says_nothing();
    assert!(printed.all("batch").contains(&"2"), "{printed:#?}");
}

#[test]
fn a_queue_holds_no_more_than_it_may() {
    let collector = Collector::silent();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.url("http")),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "1"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ];
    let printed = run("hasty many", &variables);
    // One span waits, one is being exported, and those between them are dropped.
    let report = printed.one("report otlp");
    assert!(
        report.contains(": 1000 spans ended, 0 exported, "),
        "{report}"
    );
    assert!(
        printed.stderr.contains("OTEL_BSP_MAX_QUEUE_SIZE"),
        "{printed:#?}"
    );
}

#[test]
fn a_delay_and_timeouts_are_what_the_environment_says() {
    let debug = ("OTEL_LOG_LEVEL", "debug");
    let settings = |variable| run("quiet", &[debug, variable]).stderr;
    for (variable, value, expected) in [
        ("OTEL_BSP_SCHEDULE_DELAY", "70", "schedule_delay: 70ms"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "80", "export_timeout: 80ms"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "71", "schedule_delay: 71ms"),
        ("OTEL_BLRP_EXPORT_TIMEOUT", "81", "export_timeout: 81ms"),
        (
            "OTEL_BLRP_MAX_QUEUE_SIZE",
            "9",
            "max_queue_size: 9, max_export_batch_size: 9,",
        ),
        (
            "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
            "6",
            "max_export_batch_size: 6,",
        ),
        // No limit.
        (
            "OTEL_BSP_EXPORT_TIMEOUT",
            "0",
            "export_timeout: 4294967.295s",
        ),
    ] {
        assert!(settings((variable, value)).contains(expected), "{variable}");
    }
}

#[test]
fn a_short_delay_exports_without_being_asked() {
    let printed = run("seen order wait", &[("OTEL_BSP_SCHEDULE_DELAY", "1")]).says_nothing();
    let waited = printed.stdout.find("waited").unwrap();
    assert!(printed.stdout.find("exported").unwrap() < waited);
}

#[test]
fn a_batch_larger_than_the_queue_counts_as_unset() {
    let variables = [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "200"),
    ];
    let printed = run("seen order", &variables);
    printed.warns(&[
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE: expected at most the size of the queue, 100, found `200`",
    ]);
    assert_eq!(printed.all("exported").len(), 1);
}

#[test]
fn what_is_no_number_counts_as_unset() {
    for (variable, least) in [
        ("OTEL_BSP_SCHEDULE_DELAY", 0),
        ("OTEL_BSP_EXPORT_TIMEOUT", 0),
        ("OTEL_BSP_MAX_QUEUE_SIZE", 1),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1),
        ("OTEL_BLRP_SCHEDULE_DELAY", 0),
        ("OTEL_BLRP_EXPORT_TIMEOUT", 0),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", 1),
        ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", 1),
    ] {
        for value in ["5s", "-5", "1e3", "99999999999999999999"] {
            let printed = run("seen order", &[(variable, value)]);
            let wrong = format!("expected a whole number, {least} or more, found `{value}`");
            printed.warns(&[variable, &wrong, &format!("write for example `{variable}=")]);
            assert_eq!(printed.all("exported").len(), 1);
        }
    }
    let printed = run("seen order", &[("OTEL_BSP_MAX_QUEUE_SIZE", "0")]);
    printed.warns(&["OTEL_BSP_MAX_QUEUE_SIZE", "1 or more, found `0`"]);
}
