//! OpenTelemetry's entry in `tracestate`: `ot=th:c;rv:6e6d1a75832a2f`.
//!
//! Specification: OpenTelemetry, *TraceState Handling*.

use opentelemetry::trace::TraceState;

use super::threshold::{Threshold, read_randomness};

const KEY: &str = "ot";
const THRESHOLD: &str = "th";
const RANDOMNESS: &str = "rv";

/// The greatest length of the entry.
const MAX_LENGTH: usize = 256;

/// The parsed entry, without malformed members and without later members of the same key.
#[derive(Debug, Default)]
pub(super) struct Entry<'s> {
    pub(super) threshold: Option<Threshold>,
    pub(super) randomness: Option<u64>,
    /// Every member but the threshold, as it was written.
    others: Vec<&'s str>,
    /// Whether nothing was left out.
    is_well_formed: bool,
}

impl<'s> Entry<'s> {
    pub(super) fn of(state: &'s TraceState) -> Self {
        match state.get(KEY) {
            Some(entry) if entry.len() <= MAX_LENGTH => Entry::read(entry),
            Some(_) => Entry::default(),
            None => Entry {
                is_well_formed: true,
                ..Entry::default()
            },
        }
    }

    fn read(text: &'s str) -> Self {
        let mut entry = Entry {
            is_well_formed: true,
            ..Entry::default()
        };
        let mut keys: Vec<&str> = Vec::new();
        for member in text.split(';') {
            let read = member.split_once(':').and_then(|(key, value)| {
                let is_new = !keys.contains(&key);
                (is_new && is_key(key) && value.bytes().all(is_of_value)).then_some((key, value))
            });
            let is_read = read.is_some_and(|(key, value)| {
                keys.push(key);
                match key {
                    THRESHOLD => {
                        entry.threshold = Threshold::read(value);
                        entry.threshold.is_some()
                    }
                    RANDOMNESS => {
                        entry.randomness = read_randomness(value);
                        entry.others.extend(entry.randomness.map(|_| member));
                        entry.randomness.is_some()
                    }
                    _ => {
                        entry.others.push(member);
                        true
                    }
                }
            });
            entry.is_well_formed &= is_read;
        }
        entry
    }

    /// The `state` from which the entry was parsed, with this threshold instead of the previous one.
    pub(super) fn written(&self, threshold: Option<Threshold>, state: &TraceState) -> TraceState {
        if self.is_well_formed && self.threshold == threshold {
            return state.clone();
        }
        let others = self.others.join(";");
        let with_threshold = threshold.map(|threshold| {
            let separator = if others.is_empty() { "" } else { ";" };
            format!("{THRESHOLD}:{}{separator}{others}", threshold.written())
        });
        // If there is no space for the threshold, the previous one is removed all the same, as it is wrong.
        let entry = with_threshold.filter(|entry| entry.len() <= MAX_LENGTH);
        let entry = entry.unwrap_or(others);
        let changed = match entry.is_empty() {
            true => state.delete(KEY),
            false => state.insert(KEY, entry),
        };
        changed.unwrap_or_default()
    }
}

/// A lower-case letter, followed by lower-case letters and digits.
fn is_key(key: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase();
    key.bytes().next().is_some_and(is_letter)
        && key
            .bytes()
            .all(|byte| is_letter(byte) || byte.is_ascii_digit())
}

fn is_of_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use super::*;

    fn state(header: &str) -> TraceState {
        TraceState::from_str(header).unwrap()
    }

    /// Expects the written state with a threshold of a quarter, and without a threshold.
    #[track_caller]
    fn written(header: &str, with: &str, without: &str) {
        let state = state(header);
        let entry = Entry::of(&state);
        let quarter = Threshold::of_ratio(0.25);
        assert_eq!(entry.written(quarter, &state).header(), with);
        assert_eq!(entry.written(None, &state).header(), without);
    }

    #[test]
    fn other_members_and_entries_stay() {
        written("", "ot=th:c", "");
        written("a=1,b=2", "ot=th:c,a=1,b=2", "a=1,b=2");
        written("a=1,ot=th:8,b=2", "ot=th:c,a=1,b=2", "a=1,b=2");
        written(
            "ot=p:8;th:0;rv:6e6d1a75832a2f;k1:x.-_Z",
            "ot=th:c;p:8;rv:6e6d1a75832a2f;k1:x.-_Z",
            "ot=p:8;rv:6e6d1a75832a2f;k1:x.-_Z",
        );
        // A state that already has this threshold is not changed.
        written("a=1,ot=p:8;th:c0", "a=1,ot=p:8;th:c0", "ot=p:8,a=1");
    }

    #[test]
    fn malformed_members_are_removed() {
        for hostile in [
            "th:xyz",
            "th:",
            "th",
            ":",
            ";;;",
            "TH:c",
            "1a:b",
            "th:123456789abcdef",
            "rv:12",
            "rv:6E6D1A75832A2F",
            "k:va lue",
            "k:v:w",
            "a-b:c",
            "th:C",
        ] {
            written(&format!("ot={hostile}"), "ot=th:c", "");
            written(&format!("ot=p:1;{hostile}"), "ot=th:c;p:1", "ot=p:1");
        }
        // The first of two values for a key counts.
        let twice = state("ot=th:c;th:0;rv:00000000000001;rv:00000000000002;k:1;k:2");
        let entry = Entry::of(&twice);
        assert_eq!(entry.threshold, Threshold::of_ratio(0.25));
        assert_eq!(entry.randomness, Some(1));
        let with = entry.written(entry.threshold, &twice);
        assert_eq!(with.header(), "ot=th:c;rv:00000000000001;k:1");
    }

    #[test]
    fn an_entry_never_has_more_than_256_characters() {
        let filler = |length: usize| format!("k:{}", "x".repeat(length - 2));
        // `th:c;` and 251 characters more.
        let full = format!("ot=th:c;{}", filler(251));
        written(
            &format!("ot={}", filler(251)),
            &full,
            &format!("ot={}", filler(251)),
        );
        // There is no space for a threshold: everything but a previous threshold stays.
        let longer = format!("ot={}", filler(252));
        written(&longer, &longer, &longer);
        let (state_8, without) = (
            format!("ot={};th:8", filler(251)),
            format!("ot={}", filler(251)),
        );
        written(&state_8, &full, &without);
        let ratio = Threshold::of_ratio(0.1);
        let state = state(&state_8);
        assert_eq!(Entry::of(&state).written(ratio, &state).header(), without);
    }

    #[test]
    fn a_full_state_loses_its_last_member() {
        let members: Vec<String> = (0..32).map(|member| format!("k{member}=1")).collect();
        let full = state(&members.join(","));
        let with = Entry::of(&full)
            .written(Threshold::of_ratio(0.25), &full)
            .header();
        assert!(
            with.starts_with("ot=th:c,k0=1") && with.ends_with("k30=1"),
            "{with}"
        );
    }
}
