//! Which traces are sampled?

use crate::program::{run, run_with};

/// How many of a thousand root spans are exported.
fn roots(words: &str, variables: &[(&str, &str)]) -> usize {
    let big = ("OTEL_BSP_MAX_QUEUE_SIZE", "2000");
    let variables: Vec<_> = variables.iter().copied().chain([big]).collect();
    let printed = run(&format!("seen {words} many"), &variables).says_nothing();
    printed.all("exported").len()
}

/// Whether a span below a remote parent with these flags is exported.
fn child(sampler: &str, flags: &str) -> bool {
    let parent =
        format!("traceparent=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}");
    let variables = [
        ("OTEL_TRACES_SAMPLER", sampler),
        ("OTEL_TRACES_SAMPLER_ARG", ""),
    ];
    let printed = run_with("seen pass", &[&parent], &variables).says_nothing();
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
        // Trace ids are random: the range is 20 standard deviations to either side.
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
    let printed = run("seen choosy order inject", &[]).says_nothing();
    assert!(printed.one("exported").starts_with("order "));
    assert!(printed.all("attribute").contains(&"sampled.by=choosy"));
}

#[test]
fn ids_come_from_where_code_says() {
    let printed = run("seen numbered order", &[]).says_nothing();
    assert_eq!(printed.one("exported"), "order 0000000000000def");
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The headers that `child.rs` sends on for these incoming ones.
fn sent(words: &str, incoming: &[&str]) -> Vec<String> {
    let printed = run_with(&format!("seen {words}"), incoming, &[]);
    let headers = printed.all("header");
    headers.iter().map(ToString::to_string).collect()
}

fn value<'h>(headers: &'h [String], name: &str) -> &'h str {
    let values = headers.iter().filter_map(|header| header.split_once('='));
    let mut values = values.filter(|(key, _)| *key == name);
    values.next().map_or("", |(_, value)| value)
}

fn flags(headers: &[String]) -> &str {
    value(headers, "traceparent").rsplit('-').next().unwrap()
}

#[test]
fn a_new_trace_has_the_random_flag_if_its_id_is_known_to_be_random() {
    assert_eq!(flags(&sent("inject", &[])), "03");
    assert_eq!(flags(&sent("half inject", &[])), "02");
    // An id generator of the program's own, with the SDK's provider.
    assert_eq!(flags(&sent("numbered inject", &[])), "01");
    assert_eq!(flags(&sent("watched inject", &[])), "01");
}

#[test]
fn the_random_flag_is_passed_on_as_it_comes() {
    for (incoming, expected) in [("03", "03"), ("01", "01"), ("02", "02"), ("00", "00")] {
        let parent = format!("traceparent=00-{TRACE}-00f067aa0ba902b7-{incoming}");
        assert_eq!(flags(&sent("pass", &[&parent])), expected);
    }
}

#[test]
fn a_share_travels_with_what_it_kept() {
    let parent = |flags| format!("traceparent=00-{TRACE}-00f067aa0ba902b7-{flags}");
    // The randomness in this trace id is more than three quarters.
    let kept = sent(
        "quarter pass",
        &[&parent("02"), "tracestate=ot=th:8;p:1,a=b"],
    );
    assert_eq!(flags(&kept), "03");
    assert_eq!(value(&kept, "tracestate"), "ot=th:c;p:1,a=b");
    let asked = sent("asking pass", &[&parent("03"), "tracestate=ot=th:8"]);
    assert_eq!(flags(&asked), "03");
    assert_eq!(value(&asked, "tracestate"), "ot=th:8");
    let dropped = sent("asking pass", &[&parent("02"), "tracestate=ot=th:8"]);
    assert_eq!(flags(&dropped), "02");
    assert_eq!(value(&dropped, "tracestate"), "");
}

#[test]
fn ids_that_are_presumed_random_are_told_once() {
    let parent = format!("traceparent=00-{TRACE}-00f067aa0ba902b7-01");
    let printed = run_with("seen quarter pass pass", &[&parent], &[]);
    printed.warns(&["presumes that the trace ids of callers are random"]);
}
