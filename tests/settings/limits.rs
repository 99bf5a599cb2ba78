//! How much of a span is exported?

use crate::program::{Printed, run};

/// Exports a span with five attributes of four keys (`a` twice), and four events and three links
/// with the same attributes.
fn full(variables: &[(&str, &str)]) -> Printed {
    run("seen full", variables).says_nothing()
}

#[test]
fn a_key_that_is_set_twice_arrives_once_with_the_last_value() {
    let printed = full(&[]);
    for of in ["attribute", "event", "link"] {
        let expected = [
            "a=äöüß",
            "b=[\"äöüß\",\"x\"]",
            "c=12345",
            "d=true",
            "dropped 0",
        ];
        assert_eq!(printed.all(of), expected);
    }
}

#[test]
fn texts_are_cut_off_by_characters_and_numbers_are_not() {
    for variable in [
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ] {
        let printed = full(&[(variable, "2")]);
        for of in ["attribute", "event", "link"] {
            let expected = ["a=äö", "b=[\"äö\",\"x\"]", "c=12345", "d=true", "dropped 0"];
            assert_eq!(printed.all(of), expected, "{variable}");
        }
    }
    let printed = full(&[("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "0")]);
    assert_eq!(printed.all("attribute")[0], "a=");
}

#[test]
fn the_limit_of_spans_beats_the_general_one() {
    let general = ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "1");
    let printed = full(&[general, ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")]);
    assert_eq!(printed.all("attribute")[0], "a=äöü");
    let general = ("OTEL_ATTRIBUTE_COUNT_LIMIT", "1");
    let printed = full(&[general, ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2")]);
    assert_eq!(printed.all("attribute").last(), Some(&"dropped 2"));
    assert_eq!(printed.all("event").last(), Some(&"dropped 3"));
}

/// Expects two attributes to be left on each item whose limit `variable` sets.
#[track_caller]
fn two(variable: &str, limited: &[&str]) {
    let printed = full(&[(variable, "2")]);
    for of in ["attribute", "event", "link"] {
        let all = printed.all(of);
        if limited.contains(&of) {
            assert_eq!(
                all,
                ["a=äöüß", "b=[\"äöüß\",\"x\"]", "dropped 2"],
                "{variable}: {of}"
            );
        } else {
            assert_eq!(all.len(), 5, "{variable}: {of}");
        }
    }
}

#[test]
fn attributes_past_a_limit_are_dropped_and_counted() {
    two(
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
        &["attribute", "event", "link"],
    );
    two("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", &["attribute"]);
    two("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", &["event"]);
    two("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", &["link"]);
}

#[test]
fn no_attributes_at_all_is_a_limit_too() {
    let printed = full(&[("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "0")]);
    assert_eq!(printed.all("attribute"), ["dropped 4"]);
}

#[test]
fn events_past_their_limit_are_dropped_and_counted() {
    let printed = full(&[("OTEL_SPAN_EVENT_COUNT_LIMIT", "2")]);
    assert_eq!(printed.one("events"), "2 dropped 2");
    assert_eq!(printed.one("links"), "3 dropped 0");
}

#[test]
fn links_past_their_limit_are_dropped_and_counted() {
    let printed = full(&[("OTEL_SPAN_LINK_COUNT_LIMIT", "1")]);
    assert_eq!(printed.one("links"), "1 dropped 2");
    assert_eq!(printed.one("events"), "4 dropped 0");
}

#[test]
fn limits_in_code_beat_those_of_the_environment() {
    let environment = [
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1"),
    ];
    let printed = run("seen short full", &environment).says_nothing();
    let expected = ["a=äö", "b=[\"äö\",\"x\"]", "c=12345", "dropped 1"];
    assert_eq!(printed.all("attribute"), expected);
}

#[test]
fn a_processor_of_the_users_own_gets_what_is_exported() {
    let limit = ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2");
    let printed = run("quiet watched full", &[limit]).says_nothing();
    assert_eq!(
        printed.all("attribute"),
        ["a=äöüß", "b=[\"äöüß\",\"x\"]", "dropped 2"]
    );
}

#[test]
fn limits_hold_on_the_terminal_too() {
    let limit = ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2");
    let printed = run("full", &[limit, ("OTEL_TRACES_EXPORTER", "console")]).says_nothing();
    assert!(printed.stdout.contains("a=äö "), "{printed:#?}");
    assert!(!printed.stdout.contains("äöü"), "{printed:#?}");
}

#[test]
fn what_is_no_limit_counts_as_unset() {
    for variable in [
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_SPAN_EVENT_COUNT_LIMIT",
        "OTEL_SPAN_LINK_COUNT_LIMIT",
        "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
    ] {
        let printed = run("seen full", &[(variable, "-1")]);
        printed.warns(&[
            variable,
            "expected a whole number, 0 or more, found `-1`",
            "counts as unset",
        ]);
        assert_eq!(printed.all("attribute").len(), 5);
        assert_eq!(printed.one("events"), "4 dropped 0");
        assert_eq!(printed.one("links"), "3 dropped 0");
    }
}
