//! Encodes an event before its span is encoded.

use super::{EVENT, put_time, time_len};
use crate::encoding::{Cursor, field_len, put_text_attribute, text_attribute_len, text_len};

/// Writes an event whose attributes are strings, as a field of its span's message.
pub(in crate::recorder) fn put_event(
    bytes: &mut Vec<u8>,
    time: u64,
    name: &str,
    attributes: &[(&str, &str)],
) {
    let lens = attributes
        .iter()
        .map(|(key, text)| field_len(text_attribute_len(key, text)));
    let len = time_len(time) + text_len(name) + lens.sum::<usize>();
    bytes.resize(field_len(len), 0);
    let out = &mut Cursor::new(bytes);
    out.put([EVENT]);
    out.varint(len as u64);
    put_time(out, 0x09, time);
    out.text_unless_empty(0x12, name);
    for (key, text) in attributes {
        put_text_attribute(out, 0x1a, key, text);
    }
    debug_assert!(out.is_full());
}
