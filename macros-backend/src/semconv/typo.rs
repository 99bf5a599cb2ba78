//! Whether a key is a misspelling of a key of the conventions.
//!
//! There is no dictionary here, so the kind of the difference decides. Typing errors drop letters, double them
//! and swap neighbours, anywhere in a word. A word with another ending (`router`, `roles`, `consumed`) or
//! with one other letter (`mode`, `game`) is most often a word of the application.

use super::is_word_of_conventions;
use crate::syntax::edit_distance::edits;

/// English words that look like a misspelt word of the conventions.
const WORDS: &[&str] = &[
    "bloc", "clause", "content", "contest", "context", "director", "even", "plan", "phrase",
    "rang", "stag", "star", "stat", "statue", "uint",
];

/// Whether `written` is `known` with one part misspelt, or with `_` for `.`.
pub(super) fn is_typo(written: &str, known: &str) -> bool {
    let parts = |key: &str| key.split('.').count();
    if parts(written) != parts(known) {
        return differs_in_separators(written, known);
    }
    let pairs = written.split('.').zip(known.split('.'));
    let mut differing = pairs
        .enumerate()
        .filter(|(_, (written, known))| written != known);
    let Some((place, (written_part, known_part))) = differing.next() else {
        return false;
    };
    // If the other parts of a long key are right, the first part is no namespace of the application:
    // `htpp.request.method`.
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

/// Whether the keys only differ in `_` for `.`: `http.request_method`. The reverse is not checked, because
/// `k8s.container.restart.count` is the name of a metric.
fn differs_in_separators(written: &str, known: &str) -> bool {
    let is_same =
        |(written, known): (char, char)| written == known || (written == '_' && known == '.');
    written.len() == known.len() && written.chars().zip(known.chars()).all(is_same)
}

/// How strongly the other parts of the key suggest that the differing part is a typing error.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Certainty {
    /// The differing part is the first of three or more.
    Namespace,
    PartOfThree,
    PartOfTwo,
}

fn is_typo_in_part(written: &str, known: &str, certainty: Certainty) -> bool {
    // `v2` is not a misspelt `v1`, and a part that is not ASCII is one of the application.
    let is_plain = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if !is_plain(written) || !is_plain(known) {
        return false;
    }
    match (written.len(), known.len()) {
        _ if edits(written, known) == 2 => are_two_typos(written, known),
        _ if edits(written, known) != 1 => false,
        (ours, theirs) if ours < theirs => is_dropped(written, known, certainty),
        (ours, theirs) if ours > theirs => is_added(written, known),
        _ => is_changed(written, known, certainty),
    }
}

/// Whether two letters of a long word are dropped, added or swapped: `destnatoin`. Two other letters are more
/// likely another word: `detection` and `direction`.
fn are_two_typos(written: &str, known: &str) -> bool {
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

/// The index of the letter that only the longer word has.
fn odd_letter(longer: &str, shorter: &str) -> usize {
    let pairs = longer.bytes().zip(shorter.bytes());
    pairs.take_while(|(ours, theirs)| ours == theirs).count()
}

/// Whether a dropped letter is a typing error: in `sytem`, `respons` and `htp`, but not in `role` beside
/// `roles` or `tile` beside `title`. The shorter the word, the stricter the rule.
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

/// Whether the word without its last letter is likely another form of it: `roles`, `server`.
fn ends_in_a_suffix(word: &str) -> bool {
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| word.ends_with(suffix));
    ends(&["s", "er", "ed", "n"]) && !ends(&["ss", "ion"])
}

/// Whether an added letter is a typing error: in `httpp` and `serrver`, but not in `router` beside `route` or
/// `grpc` beside `rpc`.
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

/// Whether changed letters are a typing error: in `reqeust` and `htpp`, but not in `consumed` beside
/// `consumer`.
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

    /// The words of the conventions serve as a sample of the words of applications.
    #[test]
    fn few_words_are_typos_of_others() {
        let parts = in_force().flat_map(|(key, _)| key.split(['.', '_']));
        let words: BTreeSet<&str> = parts.collect();
        let typo_of = |written: &&str| {
            let is_typo = |known: &&&str| {
                *known != written && is_typo_in_part(written, known, Certainty::PartOfThree)
            };
            words.iter().any(|known| is_typo(&known))
        };
        let typos: Vec<&str> = words.iter().copied().filter(|word| typo_of(word)).collect();
        assert_eq!(
            typos,
            ["content", "context", "group", "mode", "read", "real"]
        );
    }
}
