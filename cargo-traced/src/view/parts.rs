//! Messages as OTLP JSON, in which they are kept, written to the log file and shown.
//!
//! Specification: OTLP, "JSON Protobuf Encoding".

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde_json::{Map, Value};

/// One message with spans or log records.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    /// `{"resourceSpans":[..]}` or `{"resourceLogs":[..]}`, on one line.
    pub(crate) json: String,
    /// The number of spans and log records in it.
    pub(crate) items: usize,
}

impl Part {
    /// The spans of a protobuf message; `None` if there are none.
    pub(crate) fn of_spans(
        request: &ExportTraceServiceRequest,
    ) -> serde_json::Result<Option<Self>> {
        let scopes = request.resource_spans.iter().flat_map(|r| &r.scope_spans);
        let items = scopes.map(|scope| scope.spans.len()).sum();
        Self::of(items, request)
    }

    /// The log records of a protobuf message; `None` if there are none.
    pub(crate) fn of_logs(request: &ExportLogsServiceRequest) -> serde_json::Result<Option<Self>> {
        let scopes = request.resource_logs.iter().flat_map(|r| &r.scope_logs);
        let items = scopes.map(|scope| scope.log_records.len()).sum();
        Self::of(items, request)
    }

    fn of(items: usize, request: &impl serde::Serialize) -> serde_json::Result<Option<Self>> {
        if items == 0 {
            return Ok(None);
        }
        let json = serde_json::to_string(request)?;
        Ok(Some(Part { json, items }))
    }

    /// The spans and the log records of a JSON value, each as a part; other signals are left out.
    ///
    /// The encoding allows more than any one library writes, so the content stays as it is, except for numbers that a
    /// browser would round.
    pub(crate) fn of_json(value: Value) -> Vec<Self> {
        let Value::Object(mut object) = value else {
            return Vec::new();
        };
        let kinds = [
            ("resourceSpans", "scopeSpans", "spans"),
            ("resourceLogs", "scopeLogs", "logRecords"),
        ];
        let parts = kinds.into_iter().filter_map(|(resources, scopes, items)| {
            let mut value = object.remove(resources)?;
            let items = count(&value, scopes, items);
            if items == 0 {
                return None;
            }
            write_numbers_as_text(&mut value);
            let message = Value::Object(Map::from_iter([(resources.to_owned(), value)]));
            Some(Part {
                json: message.to_string(),
                items,
            })
        });
        parts.collect()
    }
}

fn count(resources: &Value, scopes: &str, items: &str) -> usize {
    let scopes = array(resources)
        .iter()
        .filter_map(|resource| resource.get(scopes));
    let items = scopes.flat_map(array).filter_map(|scope| scope.get(items));
    items.map(|items| array(items).len()).sum()
}

/// The values of an array; empty for any other value.
fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Writes the integers of 64 bits as strings, because JavaScript would read them as doubles.
fn write_numbers_as_text(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(write_numbers_as_text),
        Value::Object(object) => {
            for (key, value) in object {
                let is_wide = key.ends_with("UnixNano") || key == "intValue";
                match value {
                    Value::Number(number) if is_wide => *value = Value::String(number.to_string()),
                    value => write_numbers_as_text(value),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use serde_json::json;

    use super::*;

    #[test]
    fn protobuf_and_json_become_the_same() {
        let value = AnyValue {
            value: Some(any_value::Value::IntValue(i64::MAX)),
        };
        let span = Span {
            trace_id: vec![1; 16],
            span_id: vec![2; 8],
            name: "a <b>".to_owned(),
            start_time_unix_nano: 1_700_000_000_000_000_001,
            end_time_unix_nano: 1_700_000_000_000_000_002,
            attributes: vec![KeyValue {
                key: "n".to_owned(),
                value: Some(value),
                ..Default::default()
            }],
            ..Default::default()
        };
        let scope_spans = vec![ScopeSpans {
            spans: vec![span],
            ..Default::default()
        }];
        let resource_spans = vec![ResourceSpans {
            scope_spans,
            ..Default::default()
        }];
        let part = Part::of_spans(&ExportTraceServiceRequest { resource_spans })
            .unwrap()
            .unwrap();
        let read: Value = serde_json::from_str(&part.json).unwrap();
        let span = &read["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(span["traceId"], "01".repeat(16));
        assert_eq!(span["startTimeUnixNano"], "1700000000000000001");
        assert_eq!(
            span["attributes"][0]["value"]["intValue"],
            i64::MAX.to_string()
        );
        let [again] = &Part::of_json(read.clone())[..] else {
            panic!()
        };
        assert_eq!(serde_json::from_str::<Value>(&again.json).unwrap(), read);
        assert_eq!((part.items, again.items), (1, 1));
    }

    #[test]
    fn wide_numbers_become_text() {
        let spans = json!([{"startTimeUnixNano": 1_700_000_000_000_000_001_u64, "kind": 3,
            "attributes": [{"key": "n", "value": {"intValue": i64::MIN}}]}]);
        let value = json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]});
        let json = &Part::of_json(value)[0].json;
        assert!(json.contains(r#""1700000000000000001""#), "{json}");
        assert!(json.contains(r#""-9223372036854775808""#), "{json}");
        assert!(json.contains(r#""kind":3"#), "{json}");
    }

    #[test]
    fn a_message_without_spans_becomes_no_part() {
        for value in [
            json!(1),
            json!([]),
            json!({"resourceSpans": 1}),
            json!({"resourceSpans": [{"scopeSpans": [{"spans": {}}, 2]}, null]}),
            json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [{}]}]}]}),
        ] {
            assert_eq!(Part::of_json(value.clone()), [], "{value}");
        }
        let both = json!({"resourceSpans": [{"scopeSpans": [{"spans": [{}, {}]}]}],
            "resourceLogs": [{"scopeLogs": [{"logRecords": [{}]}]}]});
        let items: Vec<usize> = Part::of_json(both).iter().map(|part| part.items).collect();
        assert_eq!(items, [2, 1]);
    }
}
