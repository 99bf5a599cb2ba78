//! Percent-encoding: `%` and two hexadecimal digits stand for a byte.

/// Appends `text` to `to`, with each byte percent-encoded for which `may_stay` is false.
pub(crate) fn encode(text: &str, may_stay: fn(u8) -> bool, to: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if may_stay(byte) {
            to.push(char::from(byte));
        } else {
            to.push('%');
            to.push(char::from(DIGITS[usize::from(byte >> 4)]));
            to.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// Decodes `text`. A percent sign without two hexadecimal digits stands for itself, and bytes that are not UTF-8
/// become U+FFFD.
pub(crate) fn decode(text: impl AsRef<[u8]>) -> String {
    let mut rest = text.as_ref();
    let mut bytes = Vec::with_capacity(rest.len());
    while let [first, following @ ..] = rest {
        match encoded(rest) {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[3..];
            }
            None => {
                bytes.push(*first);
                rest = following;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Decodes `text`; `None` if a percent sign is not followed by two hexadecimal digits, or if the bytes are not UTF-8.
#[cfg(feature = "init")]
pub(crate) fn decode_strictly(text: &str) -> Option<String> {
    let mut rest = text.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let [first, following @ ..] = rest {
        match first {
            b'%' => {
                bytes.push(encoded(rest)?);
                rest = &rest[3..];
            }
            _ => {
                bytes.push(*first);
                rest = following;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// The byte that the first three bytes of `text` encode.
fn encoded(text: &[u8]) -> Option<u8> {
    match text {
        [b'%', high, low, ..] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}

fn digit(byte: u8) -> Option<u8> {
    let value = char::from(byte).to_digit(16)?;
    u8::try_from(value).ok()
}
