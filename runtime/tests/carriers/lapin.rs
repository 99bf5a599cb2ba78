//! The headers of an AMQP message, alone and inside its properties.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use traced::propagation::{Carrier, CarrierMut as _};

use crate::checks::{
    self, ANOTHER, PARENT, Sample, TRACE, check_carrier, pair, processed, sent, sorted,
};

impl Sample for FieldTable {
    fn with(headers: &[(&str, &[u8])]) -> Self {
        let mut table = FieldTable::default();
        for (key, value) in headers {
            let value = LongString::from(*value);
            table.insert((*key).into(), AMQPValue::LongString(value));
        }
        table
    }

    fn sent(&self) -> Vec<(String, Vec<u8>)> {
        sorted(self.into_iter().map(|(key, value)| {
            let value = value
                .as_long_string()
                .expect("text is sent as long strings");
            pair(key.as_str(), value.as_bytes())
        }))
    }
}

impl Sample for BasicProperties {
    fn with(headers: &[(&str, &[u8])]) -> Self {
        BasicProperties::default().with_headers(FieldTable::with(headers))
    }

    fn sent(&self) -> Vec<(String, Vec<u8>)> {
        self.headers().as_ref().unwrap().sent()
    }
}

check_carrier!(table: FieldTable, [("x-tenant", b"acme"), ("blob", b"\xff\x00")]);
check_carrier!(properties: BasicProperties, [("x-tenant", b"acme"), ("blob", b"\xff\x00")]);

#[test]
fn text_is_read_however_a_client_wrote_it() {
    let texts = [
        AMQPValue::LongString(PARENT.into()),
        AMQPValue::ShortString(PARENT.into()),
        AMQPValue::ByteArray(PARENT.as_bytes().into()),
    ];
    for value in texts {
        let mut table = FieldTable::default();
        table.insert("traceparent".into(), value.clone());
        let span = processed(&table);
        assert_eq!(span.span_context.trace_id().to_string(), TRACE, "{value:?}");
    }
    let mut table = FieldTable::default();
    table.insert("traceparent".into(), AMQPValue::LongLongInt(7));
    assert_eq!(Carrier::get(&table, "traceparent"), None);
}

#[test]
fn values_that_are_no_text_stay() {
    let mut table = FieldTable::default();
    table.insert(
        "x-death".into(),
        AMQPValue::FieldArray(vec![AMQPValue::Void].into()),
    );
    table.insert("TraceParent".into(), AMQPValue::Boolean(true));
    let (table, _) = sent(table);
    let death = table.inner().get("x-death");
    assert_eq!(
        death,
        Some(&AMQPValue::FieldArray(vec![AMQPValue::Void].into()))
    );
    assert_eq!(table.inner().len(), 2);
}

#[test]
fn the_other_properties_stay() {
    let properties = BasicProperties::default()
        .with_message_id("7".into())
        .with_delivery_mode(2);
    let (properties, parent) = sent(properties);
    assert_eq!(
        properties.message_id().as_ref().map(ShortString::as_str),
        Some("7")
    );
    assert_eq!(*properties.delivery_mode(), Some(2));
    assert_eq!(Carrier::get(&properties, "traceparent"), Some(&*parent));
}

#[test]
fn a_key_that_amqp_does_not_know_is_left_out() {
    let mut table = FieldTable::default();
    table.set(&"k".repeat(256), "a".to_owned());
    assert!(Carrier::keys(&table).is_empty());
}

#[test]
fn two_parents_are_both_ignored() {
    for second in [ANOTHER.as_bytes(), b"\xff"] {
        checks::two_parents_are_both_ignored::<FieldTable>(("TraceParent", second));
    }
}
