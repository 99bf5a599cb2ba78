//! The history of a message: the spans that tried to process it and failed.
//!
//! The history is kept in the headers of the message, beside the context of the sender. So every
//! attempt has the sender as its parent and links to the attempts before it.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldArray, FieldTable};

const HEADER: &str = "x-attempts";

/// The headers of the earlier attempts, the first one first.
pub(crate) fn of(properties: &BasicProperties) -> impl Iterator<Item = &FieldTable> {
    let headers = properties.headers().as_ref();
    let attempts = headers.and_then(|headers| headers.inner().get(HEADER)?.as_array());
    let attempts = attempts.map_or(&[][..], FieldArray::as_slice);
    attempts.iter().filter_map(AMQPValue::as_field_table)
}

/// The properties with the current span as one more attempt.
pub(crate) fn with_this_one(properties: &BasicProperties) -> BasicProperties {
    let mut this = FieldTable::default();
    traced::inject(&mut this);
    let attempts = of(properties).cloned().chain([this]);
    let attempts: Vec<_> = attempts.map(AMQPValue::FieldTable).collect();

    let mut headers = properties.headers().clone().unwrap_or_default();
    headers.insert(HEADER.into(), AMQPValue::FieldArray(attempts.into()));
    properties.clone().with_headers(headers)
}
