//! Consecutive embedded messages, each with its tag and its length.

/// The length of the first message with its tag and its length; 0 if there is none.
pub(crate) fn first_len(messages: &[u8]) -> usize {
    body(messages).map_or(messages.len(), |(start, len)| start + len)
}

/// The bodies of the messages.
pub(crate) fn bodies(mut messages: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (start, len) = body(messages)?;
        let (first, rest) = messages.split_at_checked(start + len)?;
        messages = rest;
        Some(&first[start..])
    })
}

/// The position and the length of the first message's body.
fn body(messages: &[u8]) -> Option<(usize, usize)> {
    let mut len = 0_usize;
    for (place, byte) in messages.iter().enumerate().skip(1).take(5) {
        len |= usize::from(byte & 0x7f) << (7 * (place - 1));
        if byte & 0x80 == 0 {
            return Some((place + 1, len));
        }
    }
    None
}
