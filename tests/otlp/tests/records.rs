//! Log records: every field over each protocol, and the report with each fault.

use std::process::Command;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use traced_tests_otlp::{Fault, ReceivedRecord, Receiver};

use crate::child::{Ended, run, without_variables};

const PROTOCOLS: [&str; 3] = ["grpc", "http/protobuf", "http/json"];

fn program(count: u64, protocol: &str, receiver: &Receiver) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otlp-records"));
    command.arg(count.to_string());
    without_variables(&mut command);
    command
        .env_remove("RUST_LOG")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        // Log records go to the collector only, not to the terminal.
        .env("OTEL_LOGS_EXPORTER", "otlp");
    command
}

/// The value that the program printed for `name`.
fn said(ended: &Ended, name: &str) -> String {
    let line = ended
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("{ended:#?}"))
        .trim()
        .to_owned()
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(value: Option<&AnyValue>) -> &str {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.as_ref()?.value.as_ref()
}

#[track_caller]
fn with_body<'r>(records: &'r [ReceivedRecord], body: &str) -> &'r ReceivedRecord {
    let mut found = records
        .iter()
        .filter(|received| text(received.record.body.as_ref()) == body);
    match (found.next(), found.next()) {
        (Some(record), None) => record,
        _ => panic!("expected one record {body:?}: {records:#?}"),
    }
}

#[test]
fn every_field_arrives_over_each_protocol() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start(Fault::Healthy);
        let ended = run(program(1, protocol, &receiver));
        assert_eq!(ended.stderr, "");
        let records = receiver.records();

        let ReceivedRecord {
            via,
            resource,
            scope,
            record,
        } = with_body(&records, "paid by tracing");
        assert_eq!(*via, protocol);
        let service = value(&resource.attributes, "service.name");
        assert_eq!(service, Some(&Value::StringValue("shop".into())));
        assert_eq!(scope.name, "otlp_records");
        assert_eq!(hex(&record.trace_id), said(&ended, "trace"));
        assert_eq!(hex(&record.span_id), said(&ended, "span"));
        // The flags of a sampled span with a random trace id.
        assert_eq!(record.flags, 3);
        assert_eq!(record.severity_number, 9);
        assert_eq!(record.severity_text, "INFO");
        assert_eq!(
            value(&record.attributes, "order"),
            Some(&Value::IntValue(7))
        );
        assert_eq!(record.event_name, "");
        assert!(record.time_unix_nano > 0);
        assert!(record.observed_time_unix_nano >= record.time_unix_nano);

        let by_log = with_body(&records, "paid by log");
        assert_eq!(by_log.scope.name, "shop::till");
        assert_eq!(by_log.record.severity_number, 17);
        assert_eq!(by_log.record.trace_id, record.trace_id);

        let outside = &with_body(&records, "outside any span").record;
        assert!(outside.trace_id.is_empty() && outside.span_id.is_empty());
        assert_eq!(outside.severity_number, 13);
    }
}

#[test]
fn they_travel_compressed() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start(Fault::Healthy);
        let mut program = program(100, protocol, &receiver);
        run({
            program.env("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
            program
        });
        assert_eq!(receiver.records().len(), 102, "{protocol}");
    }
}

#[test]
fn the_report_is_true_whatever_the_collector_does() {
    let faults = [
        Fault::Healthy,
        Fault::Refused,
        Fault::Hanging,
        Fault::Unavailable,
        Fault::Partial,
    ];
    for protocol in PROTOCOLS {
        for fault in faults {
            let receiver = Receiver::start(fault);
            let ended = run(program(400, protocol, &receiver));
            // `report` asserts that the counts add up.
            let report = ended.report();
            assert_eq!((report.ended, report.pending), (402, 0), "{ended:#?}");
            let arrived = receiver.records().len() as u64;
            assert_eq!(report.exported, arrived, "{protocol} {fault:?} {ended:#?}");
            let has_arrived = matches!(fault, Fault::Healthy | Fault::Partial);
            assert_eq!(arrived > 0, has_arrived, "{protocol} {fault:?} {ended:#?}");
        }
    }
}
