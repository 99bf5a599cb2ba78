//! Numbers that are not finite: JSON cannot express them, and protobuf's JSON encoding names them.

use std::process::Command;

use serde_json::Value;
use traced_tests_otlp::{Script, Scripted};

use crate::child::{run, without_variables};

/// The exported bodies: of spans, and of log records.
fn exported() -> (Value, Value) {
    let server = Scripted::start(Script::default());
    let mut command = Command::new(env!("CARGO_BIN_EXE_otlp-numbers"));
    without_variables(&mut command);
    command
        .env_remove("RUST_LOG")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", server.endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
    let ended = run(command);
    assert!(ended.status.success(), "{ended:#?}");
    let seen = server.seen();
    let body = |path: &str| {
        let request = seen.iter().find(|request| request.uri.path() == path);
        let request = request.unwrap_or_else(|| panic!("{path}: {ended:#?}"));
        serde_json::from_slice(&request.body).unwrap()
    };
    (body("/v1/traces"), body("/v1/logs"))
}

fn attribute<'v>(holder: &'v Value, key: &str) -> &'v Value {
    let attributes = holder["attributes"].as_array();
    let found = attributes
        .into_iter()
        .flatten()
        .find(|pair| pair["key"] == key);
    &found.unwrap_or_else(|| panic!("{key}: {holder:#}"))["value"]
}

fn double(holder: &Value, key: &str) -> Value {
    attribute(holder, key)["doubleValue"].clone()
}

#[test]
fn they_have_their_names_wherever_they_stand() {
    let (spans, logs) = exported();
    for body in [&spans, &logs] {
        assert!(
            !body.to_string().contains("\"doubleValue\":null"),
            "{body:#}"
        );
    }
    let resource = &spans["resourceSpans"][0];
    assert_eq!(double(&resource["resource"], "of.resource"), "NaN");
    let scope = &resource["scopeSpans"][0];
    assert_eq!(double(&scope["scope"], "of.scope"), "-Infinity");
    let span = &scope["spans"][0];
    assert_eq!(double(span, "of.span"), "NaN");
    assert_eq!(double(span, "of.finite"), -0.5);
    assert_eq!(double(&span["events"][0], "of.event"), "NaN");
    assert_eq!(double(&span["links"][0], "of.link"), "Infinity");
    let array = &attribute(span, "of.array")["arrayValue"]["values"];
    let array: Vec<&Value> = array
        .as_array()
        .unwrap()
        .iter()
        .map(|value| &value["doubleValue"])
        .collect();
    assert_eq!(
        array,
        [
            &Value::from("Infinity"),
            &Value::from(0.5),
            &Value::from("NaN")
        ]
    );

    let resource = &logs["resourceLogs"][0];
    assert_eq!(double(&resource["resource"], "of.resource"), "NaN");
    let record = &resource["scopeLogs"][0]["logRecords"][0];
    assert_eq!(double(record, "ratio"), "Infinity");
}
