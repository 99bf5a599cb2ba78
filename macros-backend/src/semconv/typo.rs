//! Whether a key is a typo of a key of the conventions.
//!
//! Whether a word is one cannot be known here, so what counts is how it differs.
//! Fingers drop letters, double them and swap neighbours, wherever in a word;
//! what differs in its ending (`router`, `roles`, `consumed`) or in a single
//! other letter (`mode`, `game`) is most often a word of somebody's own.

use super::is_word_of_conventions;
use crate::syntax::edit_distance::edits;

/// Words that are within a typo of a word of the conventions, and are words themselves.
const WORDS: &[&str] = &[
    "bloc", "clause", "content", "contest", "context", "director", "even", "plan", "phrase",
    "rang", "stag", "star", "stat", "statue", "uint",
];

/// Whether `written` is `known` with one part misspelt, or with `_` for `.`.
pub(super) fn is_typo(written: &str, known: &str) -> bool {
    let parts = |key: &str| key.split('.').count();
    if parts(written) != parts(known) {
        return is_separated_otherwise(written, known);
    }
    let pairs = written.split('.').zip(known.split('.'));
    let mut differing = pairs
        .enumerate()
        .filter(|(_, (written, known))| written != known);
    let Some((place, (written_part, known_part))) = differing.next() else {
        return false;
    };
    // A long remainder that is right says that the first part is no namespace
    // of the user's: `htpp.request.method`.
    let certainty = match (parts(known), place) {
        (3.., 0) => Certainty::Namespace,
        (3.., _) => Certainty::PartOfThree,
        _ => Certainty::PartOfTwo,
    };
    differing.next().is_none()
        && is_typo_in_part(written_part, known_part, certainty)
        && !WORDS.contains(&written_part)
        && !is_word_of_conventions(written_part)
}

/// `http.request_method`. The other way round, `k8s.container.restart.count` is
/// the name of a metric.
fn is_separated_otherwise(written: &str, known: &str) -> bool {
    let is_same =
        |(written, known): (char, char)| written == known || (written == '_' && known == '.');
    written.len() == known.len() && written.chars().zip(known.chars()).all(is_same)
}

/// What the rest of the key says of a part that differs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Certainty {
    /// The first of three or more, of which the others are right.
    Namespace,
    PartOfThree,
    PartOfTwo,
}

fn is_typo_in_part(written: &str, known: &str, certainty: Certainty) -> bool {
    // `v2` is no misspelt `v1`; and nobody's key but a user's own is not of ASCII.
    let is_plain = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if !is_plain(written) || !is_plain(known) {
        return false;
    }
    match (written.len(), known.len()) {
        _ if edits(written, known) == 2 => are_two_slips(written, known),
        _ if edits(written, known) != 1 => false,
        (ours, theirs) if ours < theirs => is_dropped(written, known, certainty),
        (ours, theirs) if ours > theirs => is_added(written, known),
        _ => is_changed(written, known, certainty),
    }
}

/// Two letters, dropped, added or swapped, in a long word: `destnatoin`. Of two
/// that are other letters, `detection` is a word and no `direction`.
fn are_two_slips(written: &str, known: &str) -> bool {
    let has_all = |longer: &str, shorter: &str| {
        let mut letters: Vec<char> = longer.chars().collect();
        shorter.chars().all(|letter| {
            let place = letters.iter().position(|other| *other == letter);
            place.map(|place| letters.swap_remove(place)).is_some()
        })
    };
    known.len().min(written.len()) >= 9
        && written[..1] == known[..1]
        && !written.contains(known)
        && !known.contains(written)
        && (has_all(written, known) || has_all(known, written))
}

/// The place of the letter that only the longer word has.
fn odd_letter(longer: &str, shorter: &str) -> usize {
    let pairs = longer.bytes().zip(shorter.bytes());
    pairs.take_while(|(ours, theirs)| ours == theirs).count()
}

/// `sytem`, `respons`, `htp`; but `role` is a word beside `roles`, and `tile`
/// beside `title`: the shorter a word, the less its letters say.
fn is_dropped(written: &str, known: &str, certainty: Certainty) -> bool {
    let place = odd_letter(known, written);
    let is_doubled = known[..place].ends_with(&known[place..=place])
        || known[place + 1..].starts_with(&known[place..=place]);
    let has_vowel = written.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    match known.len() {
        0..4 => false,
        _ if place == 0 => known.len() >= 6,
        4 => certainty == Certainty::Namespace || (certainty != Certainty::PartOfTwo && !has_vowel),
        length if place == length - 1 => !ends_in_a_suffix(known),
        5 => is_doubled || certainty == Certainty::Namespace,
        _ => true,
    }
}

/// Whether a word is likely to be left without the last letter: `roles`, `server`.
fn ends_in_a_suffix(word: &str) -> bool {
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| word.ends_with(suffix));
    ends(&["s", "er", "ed", "n"]) && !ends(&["ss", "ion"])
}

/// `httpp`, `serrver`; but `router` is a word beside `route`, and `grpc` beside `rpc`.
fn is_added(written: &str, known: &str) -> bool {
    let place = odd_letter(written, known);
    let is_doubled = place > 0 && written[..place].ends_with(&written[place..=place]);
    let is_inside = place > 0 && place < known.len();
    match known.len() {
        0..4 => false,
        4..6 => is_doubled,
        _ => is_doubled || is_inside,
    }
}

/// `reqeust`, `htpp`; but `consumed` is a word beside `consumer`.
fn is_changed(written: &str, known: &str, certainty: Certainty) -> bool {
    let sorted = |word: &str| {
        let mut letters: Vec<u8> = word.bytes().collect();
        letters.sort_unstable();
        letters
    };
    let is_swap = sorted(written) == sorted(known);
    let place = odd_letter(written, known);
    let is_inside = place > 0 && place < known.len() - 1;
    match known.len() {
        0..4 => false,
        _ if is_swap => true,
        4..7 => is_inside && certainty == Certainty::Namespace,
        _ => is_inside,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Certainty, is_typo_in_part};
    use crate::semconv::in_force;

    /// The conventions' own words stand for those of users, of whom nobody has a list.
    #[test]
    fn few_words_are_slips_of_others() {
        let parts = in_force().flat_map(|(key, _)| key.split(['.', '_']));
        let words: BTreeSet<&str> = parts.collect();
        let slip_of = |written: &&str| {
            let is_typo = |known: &&&str| {
                *known != written && is_typo_in_part(written, known, Certainty::PartOfThree)
            };
            words.iter().any(|known| is_typo(&known))
        };
        let slips: Vec<&str> = words.iter().copied().filter(|word| slip_of(word)).collect();
        assert_eq!(
            slips,
            ["content", "context", "group", "mode", "read", "real"]
        );
    }
}
