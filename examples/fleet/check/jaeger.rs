//! Traces in the answers of Jaeger's query API.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::Failed;
use crate::spans::{Id, Span, Traces, list, text};

/// Reads the answers to `/api/traces?service=..`, one file for each service.
pub(crate) fn read(folder: &Path) -> Result<Traces, Failed> {
    let mut traces = Traces::default();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let answer: Value = serde_json::from_slice(&fs::read(&path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        read_answer(&answer, &mut traces)?;
    }
    // A trace is in the answer for each of its services, so repetitions are expected.
    traces.again = 0;
    Ok(traces)
}

pub(crate) fn read_answer(answer: &Value, traces: &mut Traces) -> Result<(), Failed> {
    for trace in list(&answer["data"]) {
        for span in list(&trace["spans"]) {
            let process = text(&span["processID"]);
            let service = text(&trace["processes"][&process]["serviceName"]);
            traces.insert(
                (trace_id(&span["traceID"]), text(&span["spanID"])),
                read_one(service, span)?,
            )?;
        }
    }
    Ok(())
}

fn read_one(service: String, span: &Value) -> Result<Span, Failed> {
    let references = list(&span["references"]);
    let to = |kind: &'static str| references.iter().filter(move |to| to["refType"] == kind);
    let id = |to: &Value| -> Id { (trace_id(&to["traceID"]), text(&to["spanID"])) };
    let tag = |key: &str| {
        let mut tags = list(&span["tags"]).iter();
        tags.find(|tag| tag["key"] == key).map(|tag| &tag["value"])
    };
    let start = span["startTime"].as_u64().ok_or("a span without a start")?;
    let took = span["duration"]
        .as_u64()
        .ok_or("a span without a duration")?;
    let mut links: Vec<Id> = to("FOLLOWS_FROM").map(id).collect();
    links.sort();
    Ok(Span {
        service,
        name: text(&span["operationName"]),
        kind: match tag("span.kind").and_then(Value::as_str) {
            Some("server") => "server",
            Some("client") => "client",
            Some("producer") => "producer",
            Some("consumer") => "consumer",
            _ => "internal",
        },
        parent: to("CHILD_OF").map(|to| id(to).1).next().unwrap_or_default(),
        is_error: tag("error") == Some(&Value::Bool(true)),
        links,
        events: list(&span["logs"])
            .iter()
            .map(|log| {
                let mut fields = list(&log["fields"]).iter();
                let name = fields.find(|field| field["key"] == "event");
                name.map(|field| text(&field["value"])).unwrap_or_default()
            })
            .collect(),
        start: start * 1_000,
        end: (start + took) * 1_000,
    })
}

/// Jaeger may leave out leading zeros of a trace id.
fn trace_id(value: &Value) -> String {
    format!("{:0>32}", text(value))
}

/// The span with the precision that Jaeger keeps, which is microseconds.
pub(crate) fn as_jaeger_has_it(span: &Span) -> Span {
    let start = span.start / 1_000;
    Span {
        start: start * 1_000,
        end: (start + (span.end - span.start) / 1_000) * 1_000,
        ..span.clone()
    }
}
