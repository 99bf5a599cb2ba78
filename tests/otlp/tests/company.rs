//! An exporter beside others: other exporters, processors and subscribers of the user's, and
//! collectors that come and go.

use std::net::TcpListener;
use std::time::Duration;

use traced_tests_otlp::{Fault, Receiver};

use crate::child::{Running, child, run};

#[test]
fn each_exporter_has_an_account_of_its_own() {
    let (healthy, partial) = (
        Receiver::start(Fault::Healthy),
        Receiver::start(Fault::Partial),
    );
    let mut command = child(&["two_exporters", "100"]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", healthy.endpoint())
        .env("SECOND", partial.endpoint());
    let ended = run(command);
    let report = ended.report();
    assert_eq!(
        (report.ended, report.exported, report.failed),
        (200, 199, 1),
        "{ended:#?}"
    );
    assert_eq!((healthy.count(), partial.count()), (100, 99));
    let row = |receiver: &Receiver, rest: &str| {
        let row = format!(
            "otlp http/protobuf {}/v1/traces: {rest}\n",
            receiver.endpoint()
        );
        assert!(ended.stdout.contains(&row), "{ended:#?}");
    };
    row(
        &healthy,
        "100 spans ended, 100 exported, 0 dropped, 0 failed",
    );
    row(
        &partial,
        "100 spans ended, 99 exported, 0 dropped, 1 failed",
    );
}

#[test]
fn one_that_hangs_takes_no_time_from_another() {
    let (healthy, hanging) = (
        Receiver::start(Fault::Healthy),
        Receiver::start(Fault::Hanging),
    );
    let mut command = child(&["two_exporters", "100", "1000"]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", hanging.endpoint())
        .env("SECOND", healthy.endpoint());
    let ended = run(command);
    let report = ended.report();
    assert_eq!((report.exported, report.failed), (100, 100), "{ended:#?}");
    assert_eq!(healthy.count(), 100);
}

#[test]
fn a_processor_of_the_users_that_hangs_does_not_keep_the_guard() {
    let receiver = Receiver::start(Fault::Healthy);
    let mut command = child(&["stuck_processor", "100", "1000"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint());
    let ended = run(command);
    assert_eq!(ended.report().exported, 100, "{ended:#?}");
    for report in ended.reports() {
        assert!(report.took < Duration::from_secs(10), "{ended:#?}");
    }
}

#[test]
fn a_port_that_says_nothing_at_all() {
    for protocol in ["grpc", "http/protobuf"] {
        // The kernel accepts the connection; no program does.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let mut command = child(&["no_runtime", "400", "1000"]);
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
        let ended = run(command);
        let report = ended.report();
        assert_eq!((report.ended, report.failed), (400, 400), "{ended:#?}");
        assert!(report.took < Duration::from_secs(6), "{ended:#?}");
    }
}

#[test]
fn an_export_has_a_time_limit_too() {
    for protocol in ["grpc", "http/protobuf"] {
        let receiver = Receiver::start(Fault::Hanging);
        let mut command = child(&["no_runtime", "300", "60000"]);
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .env("OTEL_EXPORTER_OTLP_TIMEOUT", "100")
            .env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100");
        let ended = run(command);
        assert_eq!(ended.report().failed, 300, "{ended:#?}");
        assert_eq!(receiver.requests(), 3);
        assert!(ended.stderr.contains("no answer in time"), "{ended:#?}");
        assert!(
            ended.stderr.contains("OTEL_EXPORTER_OTLP_TIMEOUT"),
            "{ended:#?}"
        );
    }
}

#[test]
fn a_collector_that_comes_back_is_found() {
    for protocol in ["grpc", "http/protobuf"] {
        let first = Receiver::start(Fault::Healthy);
        let mut command = child(&["again", "100", "10000"]);
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", first.endpoint())
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
        let mut running = Running::start(command);
        running.say("once");
        assert!(running.line().starts_with("report 100 100 0 0 0 "));
        let port = first.port();
        drop(first);
        let second = Receiver::start_at(port);
        running.say("again");
        assert!(running.line().starts_with("report 200 200 0 0 0 "));
        assert_eq!(second.count(), 100);
        running.end();
    }
}

#[test]
fn each_outage_is_told_with_its_end() {
    for protocol in ["grpc", "http/protobuf"] {
        let mut collector = Receiver::start(Fault::Healthy);
        let port = collector.port();
        let mut command = child(&["again", "100", "10000"]);
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
        let mut running = Running::start(command);
        let mut once = |line: &str| {
            running.say("once");
            assert!(running.line().starts_with(line), "{line}");
        };
        once("report 100 100 0 0 0 ");
        let mut counts = (100, 100, 0);
        for _ in 0..2 {
            drop(collector);
            for _ in 0..2 {
                counts = (counts.0 + 100, counts.1, counts.2 + 100);
                once(&format!(
                    "report {} {} 0 {} 0 ",
                    counts.0, counts.1, counts.2
                ));
            }
            collector = Receiver::start_at(port);
            counts = (counts.0 + 100, counts.1 + 100, counts.2);
            once(&format!(
                "report {} {} 0 {} 0 ",
                counts.0, counts.1, counts.2
            ));
        }
        let ended = running.end();
        let count = |text: &str| ended.stderr.matches(text).count();
        assert_eq!(count("100 spans did not get to"), 2, "{ended:#?}");
        assert_eq!(count("takes spans again, after"), 2, "{ended:#?}");
        assert_eq!(count("; 200 were lost meanwhile"), 2, "{ended:#?}");
    }
}

#[test]
fn nobody_hears_of_our_own_requests() {
    for protocol in ["grpc", "http/protobuf"] {
        let receiver = Receiver::start(Fault::Healthy);
        let mut command = child(&["quiet", "100"]);
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
        let ended = run(command);
        assert_eq!(ended.report().exported, 100, "{ended:#?}");
        assert!(ended.stdout.contains("heard 1\n"), "{ended:#?}");
    }
}
