//! What do the variables for log records do?

use crate::collector::Collector;
use crate::program::run;

/// The request with log records, in JSON over HTTP, and its first line; spans are not exported.
fn body(words: &str, variables: &[(&str, &str)]) -> (String, serde_json::Value) {
    let collector = Collector::start();
    let url = collector.url("http");
    let more = [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
    ];
    let variables: Vec<_> = more.into_iter().chain(variables.iter().copied()).collect();
    run(words, &variables).says_nothing();
    let request = collector.request();
    (
        request.first_line,
        serde_json::from_slice(&request.body).unwrap(),
    )
}

fn first(body: &serde_json::Value) -> &serde_json::Value {
    &body["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
}

#[test]
fn an_endpoint_sends_them_to_a_collector() {
    let (first_line, body) = body("log", &[("OTEL_SERVICE_NAME", "shop")]);
    assert_eq!(first_line, "POST /v1/logs HTTP/1.1");
    assert_eq!(first(&body)["body"]["stringValue"], "logged");
    let resource = body["resourceLogs"][0]["resource"]["attributes"].to_string();
    assert!(resource.contains("\"shop\""), "{resource}");
}

#[test]
fn their_own_options_beat_the_general_ones() {
    let collector = Collector::start();
    let endpoint = format!("{}/mine", collector.url("http"));
    let variables = [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-a=1"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "x-b=2"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "gzip"),
    ];
    run("log", &variables).says_nothing();
    let request = collector.request();
    assert_eq!(request.first_line, "POST /mine HTTP/1.1");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("content-encoding"), Some("gzip"));
    assert_eq!(
        (request.header("x-a"), request.header("x-b")),
        (None, Some("2"))
    );
}

#[test]
fn grpc_needs_a_scheme_only_where_it_is_secure() {
    let collector = Collector::start();
    let variables = [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.address()),
        ("OTEL_EXPORTER_OTLP_LOGS_INSECURE", "true"),
    ];
    run("log", &variables);
    assert_eq!(collector.request().first_line, "PRI * HTTP/2.0");
}

#[test]
fn a_timeout_of_their_own_beats_the_general_one() {
    let collector = Collector::silent();
    let variables = [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.url("http")),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "60000"),
        ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "60"),
        ("OTEL_LOG_LEVEL", "debug"),
    ];
    let printed = run("log", &variables);
    let line = printed
        .stderr
        .lines()
        .find(|line| line.contains("log records: "))
        .unwrap();
    assert!(line.contains(" timeout: 60ms"), "{line}");
    assert!(
        printed
            .one("report otlp")
            .contains("0 exported, 0 dropped, 1 failed"),
        "{printed:#?}"
    );
}

#[test]
fn limits_hold_on_the_wire() {
    for (length, count) in [
        (
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "OTEL_ATTRIBUTE_COUNT_LIMIT",
        ),
        (
            "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
        ),
    ] {
        let (_, body) = body("log", &[(length, "6"), (count, "1")]);
        let record = first(&body);
        assert_eq!(
            record["attributes"].as_array().unwrap().len(),
            1,
            "{record:#}"
        );
        assert_eq!(record["attributes"][0]["value"]["stringValue"], "a long");
        assert_eq!(record["droppedAttributesCount"], 1);
    }
}

#[test]
fn exceptions_go_where_the_opt_in_says() {
    let failed = |opt_in| {
        let variable = ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", opt_in);
        let printed = run("seen fail", &[variable]);
        let is_printed = printed.stderr.contains("invalid digit");
        (printed.one("events").to_owned(), is_printed)
    };
    assert_eq!(failed(""), ("1 dropped 0".to_owned(), false));
    assert_eq!(failed("logs"), ("0 dropped 0".to_owned(), true));
    assert_eq!(failed("logs/dup"), ("1 dropped 0".to_owned(), true));

    let printed = run(
        "quiet order",
        &[("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "metrics")],
    );
    printed.warns(&["OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: expected `logs` or `logs/dup`"]);
}

#[test]
fn otel_logs_exporter_says_where_they_go() {
    let printed = run("quiet log", &[("OTEL_LOGS_EXPORTER", "console")]);
    assert!(printed.stderr.contains("logged"), "{printed:#?}");
    let printed = run("quiet log", &[("OTEL_LOGS_EXPORTER", "none")]);
    assert_eq!(printed.stderr, "");
    let printed = run("quiet unlogged log", &[("OTEL_LOGS_EXPORTER", "console")]);
    assert_eq!(printed.stderr, "");
}

#[test]
fn export_does_not_take_them_off_the_terminal_unless_asked_to() {
    for (words, variables, is_printed) in [
        ("log", &[][..], true),
        ("log", &[("OTEL_LOGS_EXPORTER", "otlp,console")], true),
        ("log", &[("OTEL_LOGS_EXPORTER", "otlp")], false),
        // An unknown value counts as unset.
        ("log", &[("OTEL_LOGS_EXPORTER", "otpl")], true),
    ] {
        for is_in_code in [false, true] {
            let collector = Collector::start();
            let url = collector.url("http");
            let words = match is_in_code {
                true => format!("to={url} {words}"),
                false => words.to_owned(),
            };
            let endpoint = match is_in_code {
                true => ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                false => ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &*url),
            };
            let none = ("OTEL_TRACES_EXPORTER", "none");
            let all: Vec<_> = variables.iter().copied().chain([endpoint, none]).collect();
            let printed = run(&words, &all);
            assert_eq!(
                printed.stderr.contains("logged"),
                is_printed,
                "{all:?}: {printed:#?}"
            );
            let rows = printed.all("report otlp");
            let sent = rows
                .iter()
                .filter(|row| row.contains("1 log records ended, 1 exported"));
            assert_eq!(sent.count(), 1, "{all:?}: {printed:#?}");
        }
    }
}

#[test]
fn collectors_in_code_get_them_too() {
    let collector = Collector::start();
    run(&format!("to={} log", collector.url("http")), &[]).says_nothing();
    let lines = [
        collector.request().first_line,
        collector.request().first_line,
    ];
    assert!(
        lines.contains(&"POST /v1/traces HTTP/1.1".to_owned()),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"POST /v1/logs HTTP/1.1".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn one_batch_is_as_large_as_it_may_be() {
    let collector = Collector::start();
    let url = collector.url("http");
    let variables = [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "1"),
    ];
    run("log log", &variables).says_nothing();
    for _ in 0..2 {
        let body: serde_json::Value = serde_json::from_slice(&collector.request().body).unwrap();
        let records = &body["resourceLogs"][0]["scopeLogs"][0]["logRecords"];
        assert_eq!(records.as_array().unwrap().len(), 1, "{body:#}");
    }
}
