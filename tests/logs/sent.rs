//! Whole programs with `traced::init()`: the requests that a collector gets.

use serde_json::Value;

use crate::collector::Collector;
use crate::programs::{Printed, run};

/// Runs a program that exports everything, configured by the environment alone.
fn send(name: &str, variables: &[(&str, &str)]) -> (Collector, Printed) {
    let collector = Collector::start();
    let leading = collector.variables();
    let leading = leading
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let all: Vec<_> = leading.chain(variables.iter().copied()).collect();
    let printed = run(name, &all);
    (collector, printed)
}

/// The only record with this body.
#[track_caller]
fn record(collector: &Collector, body: &str) -> Value {
    let records = collector.records();
    let mut found: Vec<_> = records
        .iter()
        .filter(|record| record["body"]["stringValue"] == body)
        .collect();
    match found.pop() {
        Some(record) if found.is_empty() => record.clone(),
        _ => panic!("expected one record {body:?}: {records:#?}"),
    }
}

/// The value of an attribute in OTLP JSON.
fn attribute<'v>(of: &'v Value, key: &str) -> Option<&'v Value> {
    let attributes = of["attributes"].as_array()?;
    let found = attributes.iter().find(|attribute| attribute["key"] == key);
    found.map(|attribute| &attribute["value"])
}

fn is_number(value: &Value) -> bool {
    let number = value.as_str().and_then(|text| text.parse::<u64>().ok());
    number.is_some_and(|number| number > 0)
}

#[test]
fn a_record_of_tracing_has_all_its_fields() {
    let (collector, printed) = send("plain", &[("OTEL_SERVICE_NAME", "shop")]);
    let record = record(&collector, "paid by tracing");
    assert_eq!(record["traceId"], printed.said("trace"));
    assert_eq!(record["spanId"], printed.said("span"));
    assert_eq!(record["flags"], 3);
    assert_eq!(record["severityNumber"], 9);
    assert_eq!(record["severityText"], "INFO");
    assert_eq!(record["scope"]["name"], "logs_child");
    assert_eq!(attribute(&record, "order").unwrap()["intValue"], "7");
    assert!(is_number(&record["timeUnixNano"]), "{record:#?}");
    assert!(is_number(&record["observedTimeUnixNano"]), "{record:#?}");
    let service = attribute(&record["resource"], "service.name").unwrap();
    assert_eq!(service["stringValue"], "shop");
}

#[test]
fn a_record_of_log_goes_the_same_way() {
    let (collector, printed) = send("plain", &[]);
    let record = record(&collector, "paid by log");
    assert_eq!(record["traceId"], printed.said("trace"));
    assert_eq!(record["spanId"], printed.said("span"));
    assert_eq!(record["scope"]["name"], "logs_child");
}

#[test]
fn it_is_in_the_trace_that_the_collector_has() {
    let (collector, _) = send("plain", &[]);
    let [span] = &collector.spans()[..] else {
        panic!("{:#?}", collector.spans());
    };
    let record = record(&collector, "paid by tracing");
    assert_eq!(record["traceId"], span["traceId"]);
    assert_eq!(record["spanId"], span["spanId"]);
}

#[test]
fn the_terminal_may_have_it_too() {
    let (collector, printed) = send("plain", &[("OTEL_LOGS_EXPORTER", "otlp,console")]);
    for body in ["paid by tracing", "paid by log"] {
        record(&collector, body);
        printed.line(body);
    }
}

#[test]
fn a_subscriber_of_theirs_with_our_layer_exports() {
    let (collector, printed) = send("subscriber_with_layer", &[]);
    record(&collector, "paid by tracing");
    record(&collector, "paid by log");
    printed.line("paid by tracing");
}

#[test]
fn a_subscriber_of_theirs_may_come_later() {
    let (collector, printed) = send("subscriber_that_comes_later", &[]);
    record(&collector, "paid by tracing");
    printed.line("paid by tracing");
}

#[test]
fn a_wrapped_logger_exports() {
    let (collector, _) = send("wrapped_logger", &[]);
    record(&collector, "paid by log");
}

#[test]
fn an_event_keeps_its_name() {
    let (collector, _) = send("event", &[]);
    assert_eq!(record(&collector, "paid")["eventName"], "order.paid");
}

#[test]
fn the_report_has_a_row_for_log_records() {
    let (_, printed) = send("report", &[]);
    let row = printed
        .stdout
        .lines()
        .find(|line| line.contains("log records"));
    let row = row.unwrap_or_else(|| panic!("{printed:#?}"));
    assert!(
        row.ends_with("3 log records ended, 3 exported, 0 dropped, 0 failed"),
        "{row}"
    );
    assert!(
        printed.stdout.contains(": 1 spans ended, 1 exported"),
        "{printed:#?}"
    );
}

#[test]
fn a_queue_that_is_full_is_counted() {
    let variables = [
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "1"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "60000"),
    ];
    let (collector, printed) = send("many", &variables);
    let row = printed
        .stdout
        .lines()
        .find(|line| line.contains("log records"));
    let numbers: Vec<u64> = row
        .unwrap_or_else(|| panic!("{printed:#?}"))
        .split([' ', ','])
        .filter_map(|word| word.parse().ok())
        .collect();
    let [ended, exported, dropped, failed] = numbers[..] else {
        panic!("{printed:#?}");
    };
    assert_eq!((ended, failed), (1000, 0));
    assert_eq!(exported + dropped, ended);
    assert_eq!(exported, collector.records().len() as u64);
    let full = printed.count("OTEL_BLRP_MAX_QUEUE_SIZE");
    assert_eq!(full > 0, dropped > 0, "{printed:#?}");
    assert!(full <= 1, "{printed:#?}");
}

#[test]
fn nothing_that_the_exporter_logs_is_exported() {
    // A second flush would export records about the first one.
    let (collector, printed) = send("twice", &[("RUST_LOG", "trace")]);
    let records = collector.records();
    let scopes: Vec<_> = records
        .iter()
        .map(|record| &record["scope"]["name"])
        .collect();
    assert!(
        scopes.iter().all(|name| *name == "logs_child"),
        "{scopes:?}"
    );
    assert_eq!(records.len(), 4, "{records:#?}");
    // Standard error has the same four records and no others.
    assert_eq!(printed.stderr.lines().count(), 4, "{printed:#?}");
    assert_eq!(printed.count("logs_child: paid by "), 4, "{printed:#?}");
}

#[test]
fn attributes_past_the_limits_stay_out() {
    let variables = [
        ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "1"),
        ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3"),
    ];
    let (collector, _) = send("event", &variables);
    let record = record(&collector, "paid");
    assert_eq!(attribute(&record, "by").unwrap()["stringValue"], "vis");
    assert_eq!(attribute(&record, "order"), None);
    assert_eq!(record["droppedAttributesCount"], 1);
}

#[test]
fn exceptions_are_events_of_spans_unless_asked_for_as_records() {
    let is_exception = |event: &Value| event["name"] == "exception";
    for (opt_in, events, records) in [("", 1, 0), ("logs", 0, 1), ("logs/dup", 1, 1)] {
        let variables = [("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", opt_in)];
        let (collector, printed) = send("fails", &variables);
        let span = &collector.spans()[0];
        let found = span["events"].as_array().map_or(0, |events| {
            events.iter().filter(|event| is_exception(event)).count()
        });
        assert_eq!(found, events, "{opt_in}: {span:#?}");
        // The span has failed, wherever its exception is recorded.
        assert_eq!(span["status"]["code"], 2);

        let found = collector.records();
        assert_eq!(found.len(), records, "{opt_in}: {found:#?}");
        if let Some(record) = found.first() {
            assert_eq!(record["eventName"], "exception");
            assert_eq!(record["severityNumber"], 17);
            assert_eq!(record["traceId"], printed.said("trace"));
            assert_eq!(record["spanId"], span["spanId"]);
            let kind = attribute(record, "exception.type").unwrap();
            assert_eq!(kind["stringValue"], "core::num::error::ParseIntError");
        }
    }
}

#[test]
fn a_panic_outside_any_span_is_a_record_and_no_span() {
    let variables = [("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs")];
    let (collector, printed) = send("panics", &variables);
    let [record] = &collector.records()[..] else {
        panic!("{:#?}", collector.records());
    };
    let message = attribute(record, "exception.message").unwrap();
    assert_eq!(message["stringValue"], "out of paper");
    assert_eq!(collector.spans().len(), 0);
    assert_eq!(printed.count("out of paper"), 1);
}
