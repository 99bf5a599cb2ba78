//! Encoded attributes of a span as consecutive fields in a buffer that is reused.
//!
//! Most keys and strings are short. The `short_` functions write those without calling any function, not even
//! `memcpy`: they copy in moves of fixed sizes, so that the compiler saves no registers. They return whether they
//! wrote the attribute.

use opentelemetry::Value;

use super::attributes::{
    BOOL, F64, SPAN_ATTRIBUTE, i64_len, put_bool, put_f64, put_i64, put_value, value_len,
};
use super::cursor::{Cursor, field_len, text_len};
use super::messages::bodies;

/// A buffer of encoded fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    /// The first `used` bytes are the fields; behind them are zeros or remains of an earlier span.
    bytes: Vec<u8>,
    used: usize,
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.written() == other.written()
    }
}

/// `KeyValue.key`.
const KEY: u8 = 0x0a;
/// `KeyValue.value`.
const VALUE: u8 = 0x12;
/// `AnyValue.string_value`, `bool_value`, `int_value` and `double_value`.
const STRING: u8 = 0x0a;
const BOOLEAN: u8 = 0x10;
const INTEGER: u8 = 0x18;
const DOUBLE: u8 = 0x21;

/// The size of the first buffer: enough for a few attributes.
const FIRST_BUFFER: usize = 256;
/// The greatest length of a key or a string that counts as short.
const SHORT: usize = 32;
/// The greatest encoded length of an attribute with a short key and a short value: two tags and two lengths for
/// each, and the bytes.
const MOST: usize = 4 + SHORT + 4 + SHORT;

impl Fields {
    #[inline]
    pub(crate) fn written(&self) -> &[u8] {
        &self.bytes[..self.used]
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    /// The size of the buffer.
    #[inline]
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// The keys, in the order in which they were written.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        // An empty key is not written; the value is then the first field.
        bodies(self.written()).map(|body| match body.first() {
            Some(&KEY) => bodies(body).next().unwrap_or_default(),
            _ => &[],
        })
    }

    #[inline(always)]
    pub(crate) fn short_text(&mut self, key: &str, text: &str) -> bool {
        let len = text.len();
        len <= SHORT
            && self.short(key, 2 + len, |place| {
                place[0] = STRING;
                place[1] = len as u8;
                if let Some(place) = place[2..].first_chunk_mut() {
                    copy(place, text.as_bytes());
                }
            })
    }

    #[inline(always)]
    pub(crate) fn short_i64(&mut self, key: &str, value: i64) -> bool {
        match value {
            0..0x80 => self.short(key, 2, |place| {
                place[..2].copy_from_slice(&[INTEGER, value as u8]);
            }),
            0x80..0x4000 => self.short(key, 3, |place| {
                let varint = [value as u8 | 0x80, (value >> 7) as u8];
                place[..3].copy_from_slice(&[INTEGER, varint[0], varint[1]]);
            }),
            _ => false,
        }
    }

    #[inline(always)]
    pub(crate) fn short_f64(&mut self, key: &str, value: f64) -> bool {
        self.short(key, F64, |place| {
            place[0] = DOUBLE;
            place[1..F64].copy_from_slice(&value.to_le_bytes());
        })
    }

    #[inline(always)]
    pub(crate) fn short_bool(&mut self, key: &str, value: bool) -> bool {
        self.short(key, BOOL, |place| {
            place[..BOOL].copy_from_slice(&[BOOLEAN, u8::from(value)]);
        })
    }

    /// Writes a short key and a value of `value_len` bytes. `put` is given space for the longest short string.
    #[inline(always)]
    fn short(
        &mut self,
        key: &str,
        value_len: usize,
        put: impl FnOnce(&mut [u8; 2 + SHORT]),
    ) -> bool {
        let len = key.len();
        let room = self.bytes.get_mut(self.used..);
        let Some(room) = room.and_then(|room| room.first_chunk_mut::<MOST>()) else {
            return false;
        };
        if len == 0 || len > SHORT {
            return false;
        }
        let body = 2 + len + 2 + value_len;
        room[..4].copy_from_slice(&[SPAN_ATTRIBUTE, body as u8, KEY, len as u8]);
        if let Some(place) = room[4..].first_chunk_mut() {
            copy(place, key.as_bytes());
        }
        if let Some([value, of_len, place @ ..]) =
            room[4 + len..].first_chunk_mut::<{ 4 + SHORT }>()
        {
            (*value, *of_len) = (VALUE, value_len as u8);
            put(place);
        }
        self.used += 2 + body;
        true
    }

    /// Appends encoded fields.
    #[cfg(any(feature = "diesel", feature = "sqlx"))]
    #[inline]
    pub(crate) fn copy(&mut self, fields: &[u8]) {
        self.next(fields.len()).bytes(fields);
    }

    pub(crate) fn text(&mut self, key: &str, text: &str) {
        let len = field_len(text.len());
        self.write(key, len, |out| out.text(STRING, text));
    }

    pub(crate) fn i64(&mut self, key: &str, value: i64) {
        self.write(key, i64_len(value), |out| put_i64(out, value));
    }

    pub(crate) fn f64(&mut self, key: &str, value: f64) {
        self.write(key, F64, |out| put_f64(out, value));
    }

    pub(crate) fn bool(&mut self, key: &str, value: bool) {
        self.write(key, BOOL, |out| put_bool(out, value));
    }

    pub(crate) fn value(&mut self, key: &str, value: &Value) {
        self.write(key, value_len(value), |out| put_value(out, value));
    }

    #[inline(always)]
    fn write(&mut self, key: &str, value_len: usize, put: impl Fn(&mut Cursor<'_>)) {
        let len = text_len(key) + field_len(value_len);
        let out = &mut self.next(field_len(len));
        out.put([SPAN_ATTRIBUTE]);
        out.varint(len as u64);
        out.text_unless_empty(KEY, key);
        out.put([VALUE]);
        out.varint(value_len as u64);
        put(out);
        debug_assert!(out.is_full());
    }

    /// The space for the next `len` bytes.
    #[inline(always)]
    fn next(&mut self, len: usize) -> Cursor<'_> {
        let end = self.used + len;
        // Leaves enough space for one more short attribute.
        if end + MOST > self.bytes.len() {
            self.grow(end + MOST);
        }
        let place = self.bytes.get_mut(self.used..end);
        self.used = end;
        Cursor::new(place.unwrap_or_default())
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, needed: usize) {
        let len = needed.max(2 * self.bytes.len()).max(FIRST_BUFFER);
        self.bytes.resize(len, 0);
    }
}

/// Copies a short string by two moves of a fixed size, which may overlap.
#[inline(always)]
fn copy(place: &mut [u8; SHORT], bytes: &[u8]) {
    match bytes.len() {
        16..=SHORT => copy_ends::<16>(place, bytes),
        8..16 => copy_ends::<8>(place, bytes),
        4..8 => copy_ends::<4>(place, bytes),
        2..4 => copy_ends::<2>(place, bytes),
        _ => {
            if let Some(byte) = bytes.first() {
                place[0] = *byte;
            }
        }
    }
}

/// Copies the first `N` and the last `N` bytes of `N..=2 * N`.
#[inline(always)]
fn copy_ends<const N: usize>(place: &mut [u8; SHORT], bytes: &[u8]) {
    let ends = (bytes.first_chunk::<N>(), bytes.last_chunk::<N>());
    let (Some(first), Some(last)) = ends else {
        return;
    };
    place[..N].copy_from_slice(first);
    let last_place = place.get_mut(bytes.len() - N..);
    if let Some(place) = last_place.and_then(|place| place.first_chunk_mut::<N>()) {
        *place = *last;
    }
}
