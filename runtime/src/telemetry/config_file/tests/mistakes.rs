//! Is each mistake reported with its line, and does no message show a secret?

use std::fmt::Write as _;

use super::{Variables, parse_with};

#[track_caller]
fn error_of(text: &str) -> String {
    parse_with(text, &Variables::new()).err().expect(text)
}

/// The error about a file with the content `text` after its version.
#[track_caller]
fn refused(text: &str, at: &str, what: &str) {
    let text = format!("file_format: \"1.0\"\n{text}");
    let error = error_of(&text);
    assert!(
        error.starts_with(&format!("file.yaml:{at}: ")),
        "{error}\n{text}"
    );
    assert!(error.contains(what), "expected {what:?}: {error}\n{text}");
}

#[test]
fn mistakes_are_reported_with_their_line() {
    refused(
        "tracer_provide: 1",
        "2:1",
        "`tracer_provide` is not known in the file; expected one of",
    );
    refused(
        "disabled: yes",
        "2:11",
        "expected `true` or `false`, found the text `yes`",
    );
    refused("disabled: [true]", "2:11", "found a list");
    refused("log_level: loud", "2:12", "expected `trace`");
    refused(
        "disabled: true\ndisabled: false",
        "3:1",
        "`disabled` is there twice",
    );
    refused(
        "disabled: ${A:?b}",
        "2:11",
        "is not a reference to a variable",
    );
    refused(
        "tracer_provider: { processors: [] }",
        "2:32",
        "found an empty list",
    );
    refused(
        "tracer_provider: { limits: }",
        "2:18",
        "`tracer_provider` needs `processors`",
    );
    refused(
        "propagator: { composite: [ xray: ] }",
        "2:28",
        "`xray` is not supported",
    );
    refused(
        "propagator: { composite_list: tracecontex }",
        "2:31",
        "`tracecontex` is not known",
    );
    refused(
        "attribute_limits: { attribute_count_limit: -1 }",
        "2:44",
        "a whole number, 0 or more",
    );
    refused(
        "attribute_limits: { attribute_count_limit: \"1\" }",
        "2:44",
        "found the text `1`",
    );
    refused(
        "attribute_limits: { attribute_value_depth_limit: 3 }",
        "2:21",
        "is not supported",
    );
    refused(
        "resource: { attributes: [ { name: a, value: 1 } ] }",
        "2:45",
        "which may need quotes",
    );
    refused(
        "resource: { attributes_list: a }",
        "2:30",
        "pair 1 has no `=`",
    );
    refused(
        "resource: { schema_url: a }",
        "2:13",
        "`schema_url` is not supported",
    );
    refused("disabled: !!binary aa", "2:11", "the tag");
}

#[test]
fn nested_mistakes_are_reported_with_their_line() {
    let sampler = |sampler: &str| {
        format!(
            "tracer_provider:\n  processors: [ batch: {{ exporter: {{ otlp_http: }} }} ]\n  sampler: {sampler}"
        )
    };
    refused(
        &sampler("{ always_on: , always_off: }"),
        "4:27",
        "`always_off` stands beside another",
    );
    refused(
        &sampler("{ always_on: { a: 1 } }"),
        "4:27",
        "`always_on` has no settings",
    );
    refused(
        &sampler("{ trace_id_ratio_based: { ratio: 1.5 } }"),
        "4:45",
        "a number from 0 to 1",
    );
    refused(
        &sampler("{ jaeger_remote/development: { endpoint: a } }"),
        "4:14",
        "not supported",
    );
    refused(
        &sampler("{ composite/development: { rule_based: } }"),
        "4:39",
        "not supported",
    );
    refused(
        &sampler("always_on"),
        "4:12",
        "expected one name with a colon",
    );
    let exporter = |exporter: &str| {
        format!("tracer_provider:\n  processors:\n  - batch:\n      exporter:\n        {exporter}")
    };
    refused(
        &exporter("otlp_http: { endpoint: collector }"),
        "6:32",
        "expected a URL",
    );
    refused(
        &exporter("otlp_http: { headers_list: a }"),
        "6:36",
        "pair 1 has no `=`",
    );
    refused(
        &exporter("otlp_http: { max_request_size: 1 }"),
        "6:22",
        "not supported",
    );
    refused(
        &exporter("otlp_http: { tls: { cert_file: a } }"),
        "6:27",
        "both `cert_file` and `key_file`",
    );
    refused(
        &exporter("otlp_htp:"),
        "6:9",
        "`otlp_htp` is not an exporter",
    );
    refused(&exporter("otlp_file/development:"), "6:9", "not supported");
    let batch = "tracer_provider:\n  processors:\n  - batch:\n      max_queue_size: 8\n      \
                 max_export_batch_size: 9\n      exporter: { otlp_http: }";
    refused(
        batch,
        "6:30",
        "expected at most the size of the queue, 8, found `9`",
    );
}

#[test]
fn no_message_shows_a_secret() {
    for exporter in [
        "endpoint: \"http://shop:sesame@\"",
        "headers_list: sesame",
        "headers: [ { name: a, value: [ sesame ] } ]",
        "headers: [ { name: \"a b\", value: sesame } ]",
    ] {
        let error = error_of(&format!(
            "file_format: \"1.0\"\ntracer_provider: {{ processors: [ simple: {{ exporter: {{ otlp_http: \
             {{ {exporter} }} }} }} ] }}"
        ));
        assert!(!error.contains("sesame"), "{error}");
    }
}

#[test]
fn hostile_files_end_with_an_error() {
    let deep = format!("file_format: \"1.0\"\na: {}", "[".repeat(10_000));
    let mut aliases = "file_format: \"1.0\"\na0: &a0 [x]\n".to_owned();
    for level in 1..40 {
        let references = format!("*a{} , ", level - 1).repeat(9);
        let _ = writeln!(aliases, "a{level}: &a{level} [{references}]");
    }
    for text in [
        &*deep,
        &aliases,
        "",
        "\0",
        "- a",
        "a: b: c",
        "\u{feff}",
        "a: &a [ *a ]",
    ] {
        error_of(text);
    }
}
