//! Which traces arrive?

use crate::program::{run, run_with};

/// How many of a thousand root spans arrive.
fn roots(words: &str, variables: &[(&str, &str)]) -> usize {
    let big = ("OTEL_BSP_MAX_QUEUE_SIZE", "2000");
    let variables: Vec<_> = variables.iter().copied().chain([big]).collect();
    let printed = run(&format!("seen {words} many"), &variables).silent();
    printed.all("exported").len()
}

/// Whether the span below a remote one arrives.
fn child(sampler: &str, flags: &str) -> bool {
    let parent =
        format!("traceparent=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}");
    let variables = [
        ("OTEL_TRACES_SAMPLER", sampler),
        ("OTEL_TRACES_SAMPLER_ARG", ""),
    ];
    let printed = run_with("seen pass", &[&parent], &variables).silent();
    !printed.all("exported").is_empty()
}

#[test]
fn all_roots_arrive_by_default() {
    assert_eq!(roots("", &[]), 1000);
}

#[test]
fn each_sampler_keeps_the_roots_that_it_should() {
    for (sampler, kept) in [
        ("always_on", 1000),
        ("always_off", 0),
        ("parentbased_always_on", 1000),
        ("parentbased_always_off", 0),
        ("Always_OFF", 0),
    ] {
        assert_eq!(
            roots("", &[("OTEL_TRACES_SAMPLER", sampler)]),
            kept,
            "{sampler}"
        );
    }
}

#[test]
fn a_ratio_keeps_its_part_of_the_roots() {
    for sampler in ["traceidratio", "parentbased_traceidratio"] {
        let kept = |argument| {
            roots(
                "",
                &[
                    ("OTEL_TRACES_SAMPLER", sampler),
                    ("OTEL_TRACES_SAMPLER_ARG", argument),
                ],
            )
        };
        assert_eq!(kept(""), 1000, "{sampler}");
        assert_eq!(kept("1"), 1000, "{sampler}");
        assert_eq!(kept("0.0"), 0, "{sampler}");
        // Ids are random: 20 standard deviations to either side.
        assert!((184..817).contains(&kept("0.5")), "{sampler}");
    }
}

#[test]
fn a_parent_decides_where_it_is_asked() {
    assert!(child("parentbased_always_off", "01"));
    assert!(!child("parentbased_always_on", "00"));
    assert!(!child("parentbased_traceidratio", "00"));
    assert!(!child("always_off", "01"));
    assert!(child("always_on", "00"));
    assert!(child("traceidratio", "00"));
}

#[test]
fn what_is_no_ratio_counts_as_unset() {
    for argument in ["half", "1.5", "-0.1", "NaN", "inf"] {
        let sampler = ("OTEL_TRACES_SAMPLER", "traceidratio");
        let printed = run(
            "seen order",
            &[sampler, ("OTEL_TRACES_SAMPLER_ARG", argument)],
        );
        let found = format!("expected a number from 0 to 1, found `{argument}`");
        printed.warns(&[
            "OTEL_TRACES_SAMPLER_ARG: ",
            &found,
            "write for example `OTEL_TRACES_SAMPLER_ARG=0.25`",
        ]);
        assert_eq!(printed.all("exported").len(), 1);
    }
}

#[test]
fn an_argument_that_nobody_looks_at_is_told() {
    for variables in [
        &[("OTEL_TRACES_SAMPLER_ARG", "0")][..],
        &[
            ("OTEL_TRACES_SAMPLER_ARG", "0"),
            ("OTEL_TRACES_SAMPLER", "always_on"),
        ],
    ] {
        let printed = run("seen order", variables);
        printed.warns(&["OTEL_TRACES_SAMPLER_ARG: only `OTEL_TRACES_SAMPLER=traceidratio`"]);
        assert_eq!(printed.all("exported").len(), 1);
    }
}

#[test]
fn samplers_that_there_are_not_count_as_unset() {
    for (sampler, wrong) in [
        ("jaeger_remote", "`jaeger_remote` is not supported"),
        (
            "parentbased_jaeger_remote",
            "`parentbased_jaeger_remote` is not supported",
        ),
        ("xray", "`xray` is not supported"),
        (
            "sometimes",
            "expected `always_on`, `always_off`, `traceidratio`",
        ),
    ] {
        let printed = run("seen order", &[("OTEL_TRACES_SAMPLER", sampler)]);
        printed.warns(&["OTEL_TRACES_SAMPLER: ", wrong, "counts as unset"]);
        assert_eq!(printed.all("exported").len(), 1);
    }
}

#[test]
fn a_sampler_in_code_beats_that_of_the_environment() {
    assert_eq!(roots("half", &[("OTEL_TRACES_SAMPLER", "always_on")]), 0);
}

#[test]
fn a_sampler_of_the_users_own_is_asked() {
    let printed = run("seen choosy order inject", &[]).silent();
    assert!(printed.one("exported").starts_with("order "));
    assert!(printed.all("attribute").contains(&"sampled.by=choosy"));
}

#[test]
fn ids_come_from_where_code_says() {
    let printed = run("seen numbered order", &[]).silent();
    assert_eq!(printed.one("exported"), "order 0000000000000def");
}
