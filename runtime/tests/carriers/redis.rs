//! The fields of an entry in a Redis stream.

use redis::Value;
use redis::streams::StreamId;
use redis::{ToRedisArgs, cmd};
use traced::propagation::Carrier;

use crate::checks::{
    self, ANOTHER, PARENT, Sample, TRACE, check_carrier, pair, processed, sent, sorted,
};

impl Sample for StreamId {
    fn with(headers: &[(&str, &[u8])]) -> Self {
        let field = |(key, value): &(&str, &[u8])| {
            let value = Value::BulkString(value.to_vec());
            ((*key).to_owned(), value)
        };
        StreamId {
            map: headers.iter().map(field).collect(),
            ..StreamId::default()
        }
    }

    fn sent(&self) -> Vec<(String, Vec<u8>)> {
        sorted(self.map.iter().map(|(key, value)| match value {
            Value::BulkString(value) => pair(key, value),
            other => panic!("{other:?}"),
        }))
    }
}

check_carrier!(entry: StreamId, [("order", b"7"), ("blob", b"\xff\x00")]);

#[test]
fn text_is_read_however_the_server_sends_it() {
    let texts = [
        Value::BulkString(PARENT.into()),
        Value::SimpleString(PARENT.to_owned()),
    ];
    for value in texts {
        let mut entry = StreamId::default();
        entry.map.insert("traceparent".to_owned(), value);
        let trace_id = processed(&entry).span_context.trace_id();
        assert_eq!(trace_id.to_string(), TRACE);
    }
}

#[test]
fn one_field_is_read_in_any_case_of_its_name() {
    let entry = StreamId::with(&[("Order", b"7"), ("blob", b"\xff")]);
    for key in ["Order", "order"] {
        assert_eq!(Carrier::get(&entry, key), Some("7"), "{key}");
    }
    assert_eq!(Carrier::get(&entry, "blob"), None);
    assert_eq!(Carrier::get(&entry, "customer"), None);
}

#[test]
fn the_fields_of_xadd_are_a_carrier() {
    let fields = vec![("order".to_owned(), b"7".to_vec())];
    let (fields, parent) = sent(fields);
    let mut command = cmd("XADD");
    command.arg("orders").arg("*").arg(&fields);
    let packed = String::from_utf8(command.get_packed_command()).unwrap();
    assert!(packed.contains("order\r\n$1\r\n7\r\n"), "{packed}");
    assert!(packed.contains(&parent), "{packed}");
    assert_eq!(fields.to_redis_args().len(), 4);
}

#[test]
fn two_parents_are_both_ignored() {
    for second in [ANOTHER.as_bytes(), b"\xff"] {
        checks::two_parents_are_both_ignored::<StreamId>(("TraceParent", second));
    }
}
