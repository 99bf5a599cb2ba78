//! A writer of protobuf into a slice whose length was computed beforehand.

use std::mem;

/// The rest of the slice. Writes past the end are left out: a length that was computed wrongly would
/// truncate the message instead of stopping the program.
#[derive(Debug)]
pub(crate) struct Cursor<'p> {
    rest: &'p mut [u8],
}

impl<'p> Cursor<'p> {
    #[inline]
    pub(crate) fn new(place: &'p mut [u8]) -> Self {
        Cursor { rest: place }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes the next `N` bytes of the slice, for the caller to write.
    #[inline(always)]
    pub(crate) fn next<const N: usize>(&mut self) -> Option<&'p mut [u8; N]> {
        let (place, rest) = mem::take(&mut self.rest).split_first_chunk_mut()?;
        self.rest = rest;
        Some(place)
    }

    #[inline(always)]
    pub(crate) fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        if let Some(place) = self.next() {
            *place = bytes;
        }
    }

    #[inline(always)]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        if let Some((place, rest)) = mem::take(&mut self.rest).split_at_mut_checked(bytes.len()) {
            place.copy_from_slice(bytes);
            self.rest = rest;
        }
    }

    /// Seven bits per byte, the lowest first; every byte but the last has its eighth bit set.
    #[inline(always)]
    pub(crate) fn varint(&mut self, value: u64) {
        match value {
            0..0x80 => self.put([value as u8]),
            0x80..0x4000 => self.put([value as u8 | 0x80, (value >> 7) as u8]),
            _ => self.long_varint(value),
        }
    }

    fn long_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.put([value as u8 | 0x80]);
            value >>= 7;
        }
        self.put([value as u8]);
    }

    #[inline(always)]
    pub(crate) fn text(&mut self, tag: u8, text: &str) {
        self.put([tag]);
        self.varint(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    #[inline(always)]
    pub(crate) fn text_unless_empty(&mut self, tag: u8, text: &str) {
        if !text.is_empty() {
            self.text(tag, text);
        }
    }
}

#[inline(always)]
pub(crate) fn varint_len(value: u64) -> usize {
    match value {
        0..=0x7f => 1,
        // The number of significant bits divided by seven, rounded up.
        _ => (70 - value.leading_zeros() as usize) / 7,
    }
}

/// The length of a field: its tag of one byte, its length as a varint, and `len` bytes.
#[inline(always)]
pub(crate) fn field_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

/// The length of a text field; 0 for an empty text, as default values are not written.
#[inline]
pub(crate) fn text_len(text: &str) -> usize {
    match text.len() {
        0 => 0,
        len => field_len(len),
    }
}
