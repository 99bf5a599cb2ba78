//! Batches are cut by their encoded size, before they are sent and again where a collector calls
//! them too large. Queues are bounded in bytes, and take memory only for what waits in them.

use tonic::Code;
use traced_tests_otlp::{Fault, Receiver};

use crate::child::{Ended, Reported, Running, child, run};

const PROTOCOLS: [&str; 3] = ["grpc", "http/protobuf", "http/json"];

/// Ends `count` spans and log records with texts of `bytes` bytes; returns both reports.
fn large(receiver: &Receiver, protocol: &str, count: usize, bytes: usize, settings: &str) -> Ended {
    let (count, bytes) = (count.to_string(), bytes.to_string());
    let mut command = child(&["large", &count, "60000", &bytes]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .env("OTEL_EXPORTER_OTLP_TIMEOUT", "60000")
        .env("SETTINGS", settings);
    let ended = run(command);
    assert!(ended.status.success(), "{ended:#?}");
    assert_eq!(ended.reports().len(), 2, "{ended:#?}");
    ended
}

#[track_caller]
fn assert_all(ended: &Ended, is_right: impl Fn(&Reported) -> bool) {
    for report in ended.reports() {
        let sum = report.exported + report.dropped + report.failed;
        assert_eq!((sum, report.pending), (report.ended, 0), "{ended:#?}");
        assert!(is_right(&report), "{ended:#?}");
    }
}

#[test]
fn a_batch_over_grpcs_4_mebibytes_arrives() {
    for code in [Code::ResourceExhausted, Code::OutOfRange] {
        let receiver = Receiver::start(Fault::Small(4 << 20, code));
        let ended = large(&receiver, "grpc", 100, 100_000, "");
        assert_all(&ended, |report| report.exported == 100);
        assert_eq!((receiver.count(), receiver.records().len()), (100, 100));
        // No request was refused first.
        assert!(receiver.sizes().iter().all(|bytes| *bytes <= 4 << 20));
        assert_eq!(ended.stderr, "");
    }
}

#[test]
fn a_limit_in_code_is_kept() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start(Fault::Healthy);
        let ended = large(&receiver, protocol, 50, 10_000, "batch_bytes=100000");
        assert_all(&ended, |report| report.exported == 50);
        assert_eq!((receiver.count(), receiver.records().len()), (50, 50));
        let sizes = receiver.sizes();
        assert!(sizes.iter().all(|bytes| *bytes <= 100_000), "{sizes:?}");
    }
}

#[test]
fn a_collector_that_takes_less_gets_it_in_halves() {
    for protocol in PROTOCOLS {
        for code in [Code::ResourceExhausted, Code::OutOfRange] {
            let receiver = Receiver::start(Fault::Small(50_000, code));
            let ended = large(&receiver, protocol, 64, 10_000, "");
            assert_all(&ended, |report| report.exported == 64);
            assert_eq!((receiver.count(), receiver.records().len()), (64, 64));
            assert_eq!(
                ended.stderr.matches("sent in halves").count(),
                2,
                "{ended:#?}"
            );
        }
    }
}

#[test]
fn what_is_too_large_alone_fails_alone() {
    for protocol in PROTOCOLS {
        for code in [Code::ResourceExhausted, Code::OutOfRange] {
            let receiver = Receiver::start(Fault::Small(5_000, code));
            let ended = large(&receiver, protocol, 9, 10_000, "");
            assert_all(&ended, |report| report.failed == 9);
            for what in ["a span of", "a log record of"] {
                assert_eq!(ended.stderr.matches(what).count(), 1, "{ended:#?}");
            }
            assert!(ended.stderr.contains("is too large for"), "{ended:#?}");
            assert!(
                ended.stderr.contains("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"),
                "{ended:#?}"
            );
        }
    }
}

#[test]
fn a_queue_is_bounded_in_bytes() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start(Fault::Hanging);
        let mut command = child(&["large", "100", "1000", "10000"]);
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .env("SETTINGS", "queue_bytes=250000");
        let ended = run(command);
        // At most 24 of the spans fit into the queue.
        assert_all(&ended, |report| report.ended == 100 && report.dropped >= 76);
        assert_eq!(
            ended.stderr.matches("`Batch::max_queue_bytes`").count(),
            2,
            "{ended:#?}"
        );
    }
}

#[test]
fn ordinary_spans_are_not_bounded_in_bytes() {
    let receiver = Receiver::start(Fault::Healthy);
    let ended = large(&receiver, "http/protobuf", 2048, 1000, "");
    assert_all(&ended, |report| report.exported == 2048);
}

#[test]
fn a_queue_without_a_bound_costs_nothing() {
    let most = usize::MAX.to_string();
    let variables: [&[(&str, &str)]; 3] = [
        &[
            ("OTEL_BSP_MAX_QUEUE_SIZE", &most),
            ("OTEL_BLRP_MAX_QUEUE_SIZE", &most),
        ],
        &[
            ("OTEL_BSP_MAX_QUEUE_SIZE", &most),
            ("OTEL_BLRP_MAX_QUEUE_SIZE", &most),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", &most),
            ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", &most),
        ],
        &[(
            "SETTINGS",
            &format!("queue={most},batch={most},queue_bytes={most},batch_bytes={most}"),
        )],
    ];
    for variables in variables {
        let receiver = Receiver::start(Fault::Healthy);
        let mut command = child(&["both", "5000", "60000"]);
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
            .envs(variables.iter().copied());
        let mut running = Running::start(command);
        running.say("once");
        assert_eq!(running.line(), "ended\n");
        #[cfg(target_os = "linux")]
        assert!(running.memory() < 500 << 20, "{}", running.memory());
        let ended = running.end();
        assert_eq!(ended.stderr, "", "{ended:#?}");
        assert_all(&ended, |report| report.exported == 5000);
    }
}

#[test]
fn absurd_times_end_nothing() {
    for value in ["18446744073709551615", "4294967296"] {
        let receiver = Receiver::start(Fault::Healthy);
        let mut command = child(&["both", "10", "60000"]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint());
        for variable in [
            "OTEL_BSP_SCHEDULE_DELAY",
            "OTEL_BLRP_SCHEDULE_DELAY",
            "OTEL_BSP_EXPORT_TIMEOUT",
            "OTEL_BLRP_EXPORT_TIMEOUT",
            "OTEL_EXPORTER_OTLP_TIMEOUT",
        ] {
            command.env(variable, value);
        }
        let mut running = Running::start(command);
        running.say("once");
        assert_eq!(running.line(), "ended\n");
        let ended = running.end();
        assert_eq!(ended.stderr, "", "{ended:#?}");
        assert_all(&ended, |report| report.exported == 10);
    }
}
