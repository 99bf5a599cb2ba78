//! How are spans sent over OTLP?

use crate::collector::{Collector, Request};
use crate::program::run;

/// The request that arrives with `variables`, in whose values `URL` stands for the collector's URL.
#[track_caller]
fn sent(words: &str, variables: &[(&str, &str)]) -> Request {
    let collector = Collector::start();
    let url = collector.url("http");
    let variables: Vec<(&str, String)> = variables
        .iter()
        .map(|(name, value)| (*name, value.replace("URL", &url)))
        .collect();
    let mut variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    variables.push(("OTEL_LOGS_EXPORTER", "none"));
    run(&format!("{words} order"), &variables).says_nothing();
    collector.request()
}

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "URL");

/// Sets one option for all signals, then for traces alone.
#[track_caller]
fn twice(option: &str, general: &str, traces: &str) -> [Request; 2] {
    let (general_name, traces_name) = (
        format!("OTEL_EXPORTER_OTLP_{option}"),
        format!("OTEL_EXPORTER_OTLP_TRACES_{option}"),
    );
    let logs_name = format!("OTEL_EXPORTER_OTLP_LOGS_{option}");
    let general = (&*general_name, general);
    let traces = (&*traces_name, traces);
    // The option for log records must not change how spans are sent.
    let logs = (&*logs_name, traces.1);
    [
        sent("", &[ENDPOINT, general, logs]),
        sent("", &[ENDPOINT, general, traces]),
    ]
}

#[test]
fn protobuf_over_http_is_the_default() {
    let request = sent("", &[ENDPOINT]);
    assert_eq!(request.first_line, "POST /v1/traces HTTP/1.1");
    assert_eq!(
        request.header("content-type"),
        Some("application/x-protobuf")
    );
    assert!(request.body_contains("order"));
}

#[test]
fn an_endpoint_of_the_traces_own_is_taken_as_it_is_and_beats_the_general_one() {
    let general = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
    let request = sent(
        "",
        &[general, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "URL/mine")],
    );
    assert_eq!(request.first_line, "POST /mine HTTP/1.1");
    let request = sent("", &[("OTEL_EXPORTER_OTLP_ENDPOINT", "URL/mine/")]);
    assert_eq!(request.first_line, "POST /mine/v1/traces HTTP/1.1");
}

#[test]
fn a_protocol_is_for_both_or_for_traces_alone() {
    let [json, protobuf] = twice("PROTOCOL", "http/json", "HTTP/Protobuf");
    assert_eq!(json.header("content-type"), Some("application/json"));
    assert!(json.body.starts_with(b"{"));
    assert_eq!(
        protobuf.header("content-type"),
        Some("application/x-protobuf")
    );
}

#[test]
fn headers_are_for_both_or_for_traces_alone() {
    let [general, traces] = twice("HEADERS", "x-a=1, X-B = b%20c", "x-c=3");
    assert_eq!(general.header("x-a"), Some("1"));
    assert_eq!(general.header("x-b"), Some("b c"));
    assert_eq!(general.header("x-c"), None);
    assert_eq!(traces.header("x-a"), None);
    assert_eq!(traces.header("x-c"), Some("3"));
}

#[test]
fn compression_is_for_both_or_for_traces_alone() {
    let [gzip, none] = twice("COMPRESSION", "gzip", "none");
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    assert!(gzip.body.starts_with(&[0x1f, 0x8b]));
    assert_eq!(none.header("content-encoding"), None);
}

#[test]
fn user_and_password_of_an_endpoint_are_sent() {
    let collector = Collector::start();
    let endpoint = format!("http://shop:p%40ss@{}", collector.address());
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
        ("OTEL_LOGS_EXPORTER", "none"),
    ];
    run("order", &variables).says_nothing();
    assert_eq!(
        collector.request().header("authorization"),
        Some("Basic c2hvcDpwQHNz")
    );
}

#[test]
fn grpc_needs_a_scheme_only_where_it_is_secure() {
    for name in [
        "OTEL_EXPORTER_OTLP_INSECURE",
        "OTEL_EXPORTER_OTLP_TRACES_INSECURE",
    ] {
        let collector = Collector::start();
        let variables = [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.address()),
            (name, "true"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ];
        run("order", &variables);
        assert_eq!(collector.request().first_line, "PRI * HTTP/2.0", "{name}");
    }
}

#[test]
fn a_timeout_is_for_both_or_for_traces_alone() {
    for (variables, expected) in [
        (&[("OTEL_EXPORTER_OTLP_TIMEOUT", "60")][..], "timeout: 60ms"),
        (
            &[
                ("OTEL_EXPORTER_OTLP_TIMEOUT", "60"),
                ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "70"),
            ],
            "timeout: 70ms",
        ),
    ] {
        let collector = Collector::silent();
        let url = collector.url("http");
        let more = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url),
            ("OTEL_LOG_LEVEL", "debug"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ];
        let all: Vec<_> = variables.iter().copied().chain(more).collect();
        let printed = run("order", &all);
        let line = printed
            .stderr
            .lines()
            .find(|line| line.contains("spans go to"))
            .unwrap();
        assert!(line.contains(&format!(" {expected}")), "{line}");
        assert!(
            printed
                .one("report otlp")
                .contains("0 exported, 0 dropped, 1 failed"),
            "{printed:#?}"
        );
    }
}

#[test]
fn code_beats_the_environment_option_by_option() {
    let environment = [
        ENDPOINT,
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "x-both=environment,x-environment=environment",
        ),
    ];
    let request = sent("sent", &environment);
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("content-encoding"), Some("gzip"));
    assert_eq!(request.header("x-code"), Some("code"));
    assert_eq!(request.header("x-both"), Some("code"));
    assert_eq!(request.header("x-environment"), Some("environment"));
}

#[test]
fn an_endpoint_in_code_beats_that_of_the_environment() {
    let collector = Collector::start();
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ];
    run(&format!("to={} order", collector.url("http")), &environment).says_nothing();
    assert_eq!(collector.request().first_line, "POST /v1/traces HTTP/1.1");
}

#[test]
fn limits_hold_on_the_wire() {
    let json = [
        ENDPOINT,
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1"),
    ];
    let collector = Collector::start();
    let url = collector.url("http");
    let mut json = json
        .map(|(name, value)| (name, if value == "URL" { &*url } else { value }))
        .to_vec();
    json.push(("OTEL_LOGS_EXPORTER", "none"));
    run("full", &json).says_nothing();
    let body: serde_json::Value = serde_json::from_slice(&collector.request().body).unwrap();
    let span = &body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(span["attributes"].as_array().unwrap().len(), 1, "{span:#}");
    assert_eq!(span["attributes"][0]["value"]["stringValue"], "äö");
    assert_eq!(span["droppedAttributesCount"], 3);
    assert_eq!(span["events"][0]["attributes"].as_array().unwrap().len(), 4);
}
