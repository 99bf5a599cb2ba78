//! Spans read from OTLP JSON lines, which the processes and the Collectors write.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::Failed;

/// A trace id and a span id, in hexadecimal.
pub(crate) type Id = (String, String);

/// The fields of a span that must be the same at every station.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) service: String,
    pub(crate) name: String,
    /// The kind in lower case, such as `server`.
    pub(crate) kind: &'static str,
    /// The parent's span id; empty for a root.
    pub(crate) parent: String,
    pub(crate) is_error: bool,
    /// The linked spans, in order.
    pub(crate) links: Vec<Id>,
    pub(crate) events: Vec<String>,
    /// Nanoseconds since 1970.
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// The spans of a trace by their ids.
pub(crate) type Trace = BTreeMap<String, Span>;

/// Traces by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traces {
    pub(crate) by_id: BTreeMap<String, Trace>,
    /// The number of repeated spans.
    pub(crate) again: usize,
}

impl Traces {
    pub(crate) fn spans(&self) -> usize {
        self.by_id.values().map(BTreeMap::len).sum()
    }

    /// The traces whose id satisfies `are_meant`.
    pub(crate) fn filter(&self, are_meant: impl Fn(&str) -> bool) -> Traces {
        let meant = self.by_id.iter().filter(|(id, _)| are_meant(id));
        Traces {
            by_id: meant
                .map(|(id, trace)| (id.clone(), trace.clone()))
                .collect(),
            again: self.again,
        }
    }

    pub(crate) fn insert(&mut self, (trace, id): Id, span: Span) -> Result<(), Failed> {
        let spans = self.by_id.entry(trace).or_default();
        if let Some(before) = spans.get(&id) {
            if *before != span {
                return Err(format!("two spans have the id {id}: {before:?} and {span:?}").into());
            }
            self.again += 1;
        }
        spans.insert(id, span);
        Ok(())
    }

    /// Reads the files in a folder whose names end in `ending`. The last line of a file may be
    /// incomplete, as its process may have been killed.
    pub(crate) fn read(folder: &Path, ending: &str) -> Result<Self, Failed> {
        let mut traces = Traces::default();
        for entry in
            fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?
        {
            let path = entry?.path();
            if path.to_string_lossy().ends_with(ending) {
                let text = fs::read(&path)?;
                let text = String::from_utf8_lossy(&text);
                traces
                    .read_lines(&text)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
            }
        }
        Ok(traces)
    }

    pub(crate) fn read_lines(&mut self, text: &str) -> Result<(), Failed> {
        // A line without a line break is incomplete.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().try_for_each(|line| {
            let message: Value = serde_json::from_str(line)?;
            self.read_message(&message)
        })
    }

    fn read_message(&mut self, message: &Value) -> Result<(), Failed> {
        for resource in list(&message["resourceSpans"]) {
            let service = list(&resource["resource"]["attributes"])
                .iter()
                .find(|attribute| attribute["key"] == "service.name")
                .and_then(|attribute| attribute["value"]["stringValue"].as_str());
            let service = service.ok_or("a resource without a service")?;
            for scope in list(&resource["scopeSpans"]) {
                for span in list(&scope["spans"]) {
                    let id = (text(&span["traceId"]), text(&span["spanId"]));
                    self.insert(id, read_one(service, span)?)?;
                }
            }
        }
        Ok(())
    }
}

fn read_one(service: &str, span: &Value) -> Result<Span, Failed> {
    let mut links: Vec<Id> = list(&span["links"])
        .iter()
        .map(|link| (text(&link["traceId"]), text(&link["spanId"])))
        .collect();
    links.sort();
    Ok(Span {
        service: service.to_owned(),
        name: text(&span["name"]),
        kind: match span["kind"].as_u64() {
            Some(2) => "server",
            Some(3) => "client",
            Some(4) => "producer",
            Some(5) => "consumer",
            _ => "internal",
        },
        parent: text(&span["parentSpanId"]),
        is_error: span["status"]["code"] == 2,
        links,
        events: list(&span["events"])
            .iter()
            .map(|event| text(&event["name"]))
            .collect(),
        start: nanoseconds(&span["startTimeUnixNano"])?,
        end: nanoseconds(&span["endTimeUnixNano"])?,
    })
}

/// The JSON encoding of protobuf leaves out empty lists.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The JSON encoding of protobuf writes 64-bit integers as strings, and allows numbers.
fn nanoseconds(value: &Value) -> Result<u64, Failed> {
    match value {
        Value::String(digits) => Ok(digits.parse()?),
        Value::Number(number) => Ok(number.as_u64().ok_or("not a time")?),
        _ => Err("a span without a time".into()),
    }
}
