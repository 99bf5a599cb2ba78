//! Protobuf encoding of attributes and messages for OTLP. Nothing here depends on spans.

#![cfg_attr(
    not(feature = "init"),
    allow(dead_code, reason = "without exporters nothing is encoded")
)]

#[cfg(feature = "init")]
mod attributes;
#[cfg(feature = "init")]
mod cursor;
#[cfg(feature = "init")]
mod decode;
#[cfg(feature = "init")]
mod fields;
#[cfg(feature = "init")]
mod messages;
#[cfg(feature = "init")]
mod written;
#[cfg(not(feature = "init"))]
#[path = "encoding/not_written.rs"]
mod written;

#[cfg(feature = "init")]
pub(crate) use self::attributes::{
    SPAN_ATTRIBUTE, attributes_len, put_attributes, put_text_attribute, text_attribute_len,
};
#[cfg(feature = "init")]
pub(crate) use self::cursor::{Cursor, field_len, text_len, varint_len};
#[cfg(feature = "init")]
pub(crate) use self::decode::decode_attributes;
#[cfg(all(test, feature = "init"))]
pub(crate) use self::fields::Fields;
#[cfg(feature = "init")]
pub(crate) use self::messages::{bodies, first_len};
#[cfg(any(feature = "diesel", feature = "sqlx"))]
pub(crate) use self::written::Encoded;
#[cfg(any(feature = "init", feature = "testing"))]
pub(crate) use self::written::MAX_WRITTEN;
pub(crate) use self::written::Written;
