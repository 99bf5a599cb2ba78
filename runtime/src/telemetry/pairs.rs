//! Parses the lists of pairs in variables: `key=value,key=value`, percent-encoded.
//!
//! Specification: W3C *Baggage*, "Header content"; OpenTelemetry, *Resource SDK*, "Specifying
//! resource information via an environment variable".

use crate::percent_encoding::decode_strictly;

/// The message about `a,,b` and `a,b,`, which are read without the empty entry.
pub(crate) const STRAY_COMMA: &str = "there is a stray comma; leave it out";

/// A member of a list that is separated by commas.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Member {
    Pair(String, String),
    Empty,
    /// The mistake, without the text, which may be a secret.
    Malformed(&'static str),
}

/// The members of a list, in order.
pub(crate) fn members(text: &str) -> impl Iterator<Item = Member> {
    text.split(',').map(|member| read(member.trim()))
}

fn read(member: &str) -> Member {
    if member.is_empty() {
        return Member::Empty;
    }
    let Some((key, value)) = member.split_once('=') else {
        return Member::Malformed("has no `=`");
    };
    let (key, value) = (decode_strictly(key.trim()), decode_strictly(value.trim()));
    match (key, value) {
        (Some(key), _) if key.is_empty() => Member::Malformed("has nothing before its `=`"),
        (Some(key), Some(value)) => Member::Pair(key, value),
        _ => Member::Malformed("is not percent-encoded; write `%25` for a `%`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<Member> {
        members(text).collect()
    }

    fn pair(key: &str, value: &str) -> Member {
        Member::Pair(key.to_owned(), value.to_owned())
    }

    #[test]
    fn white_space_around_keys_and_values_does_not_count() {
        assert_eq!(
            read_all(" a = 1 ,b=2 3"),
            [pair("a", "1"), pair("b", "2 3")]
        );
    }

    #[test]
    fn percent_encoding_is_undone_in_keys_and_values() {
        let read = read_all("a%2Cb=c%3Dd,e=%C3%A4%e2%82%ac");
        assert_eq!(read, [pair("a,b", "c=d"), pair("e", "ä€")]);
    }

    #[test]
    fn a_value_may_be_empty_and_hold_an_equals_sign_and_a_plus() {
        assert_eq!(read_all("a=,b=c=d+e"), [pair("a", ""), pair("b", "c=d+e")]);
    }

    #[test]
    fn a_stray_comma_and_a_malformed_pair_are_different() {
        assert_eq!(read_all("a=1,"), [pair("a", "1"), Member::Empty]);
        for malformed in ["a", "=1", "a=%", "a=%4", "a=%zz", "a=%ff", "%=1"] {
            let read = read_all(malformed);
            assert!(
                matches!(read[..], [Member::Malformed(_)]),
                "{malformed}: {read:?}"
            );
        }
    }
}
