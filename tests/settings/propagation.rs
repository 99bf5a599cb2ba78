//! Which headers are written, and which are read?

use crate::program::{Printed, run, run_with};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// The headers that a span writes, without its ids.
fn written(words: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let printed = run(&format!("quiet {words} inject"), variables).says_nothing();
    let (trace, span) = printed.one("span").split_once(' ').unwrap();
    let headers = printed.all("header").into_iter();
    headers
        .map(|header| header.replace(trace, "TRACE").replace(span, "SPAN"))
        .collect()
}

fn with(propagators: &str) -> Vec<String> {
    written("", &[("OTEL_PROPAGATORS", propagators)])
}

/// What the program passes on from these incoming headers.
fn passed(propagators: &str, headers: &[&str]) -> Printed {
    run_with("quiet pass", headers, &[("OTEL_PROPAGATORS", propagators)]).says_nothing()
}

/// The header of a sampled span with a random trace id.
const W3C: [&str; 1] = ["traceparent=00-TRACE-SPAN-03"];

#[test]
fn w3cs_are_the_default() {
    assert_eq!(with(""), W3C);
    let baggage = run_with("quiet pass", &["baggage=tenant=red"], &[]).says_nothing();
    assert!(
        baggage.all("header").contains(&"baggage=tenant=red"),
        "{baggage:#?}"
    );
}

#[test]
fn each_format_is_written() {
    assert_eq!(with("tracecontext"), W3C);
    assert_eq!(with("b3"), ["b3=TRACE-SPAN-1"]);
    assert_eq!(
        with("B3Multi"),
        ["x-b3-sampled=1", "x-b3-spanid=SPAN", "x-b3-traceid=TRACE"]
    );
    assert_eq!(with("jaeger"), ["uber-trace-id=TRACE:SPAN:0:1"]);
    assert_eq!(
        with("b3, jaeger,b3"),
        ["b3=TRACE-SPAN-1", "uber-trace-id=TRACE:SPAN:0:1"]
    );
    assert_eq!(with("none"), [""; 0]);
}

#[test]
fn baggage_alone_is_no_trace() {
    let printed = passed(
        "baggage",
        &[
            "baggage=tenant=red",
            "traceparent=00-00000000000000000000000000000001-0000000000000001-01",
        ],
    );
    assert_eq!(printed.all("header"), ["baggage=tenant=red"]);
}

#[test]
fn each_format_is_read() {
    let jaeger = format!("uber-trace-id={TRACE}:{SPAN}:0:1");
    let encoded = format!("uber-trace-id={TRACE}%3A{SPAN}%3A0%3A1");
    let single = format!("b3={TRACE}-{SPAN}-1");
    let (trace, span) = (
        format!("X-B3-TraceId={TRACE}"),
        format!("X-B3-SpanId={SPAN}"),
    );
    let multi = [&*trace, &*span, "X-B3-Sampled=1"];
    for (propagators, headers) in [
        ("b3", &[&*single][..]),
        ("b3multi", &[&*single]),
        ("b3", &multi),
        ("b3multi", &multi),
        ("jaeger", &[&*jaeger]),
        ("jaeger", &[&*encoded]),
    ] {
        let printed = passed(propagators, headers);
        let headers = printed.all("header").join(" ");
        assert!(
            headers.contains(TRACE) && !headers.contains(SPAN),
            "{propagators}: {headers}"
        );
    }
}

#[test]
fn short_ids_are_filled_up() {
    let printed = passed("b3", &[&format!("b3={SPAN}-{SPAN}-1")]);
    assert!(
        printed
            .one("header")
            .starts_with(&format!("b3=0000000000000000{SPAN}-"))
    );
    let printed = passed("jaeger", &["uber-trace-id=abc:1:0:1"]);
    assert!(
        printed
            .one("header")
            .starts_with("uber-trace-id=00000000000000000000000000000abc:")
    );
}

#[test]
fn whoever_asked_for_debugging_is_passed_on() {
    let printed = passed("b3", &[&format!("b3={TRACE}-{SPAN}-d")]);
    assert!(printed.one("header").ends_with("-d"), "{printed:#?}");
    let debug = [
        &*format!("x-b3-traceid={TRACE}"),
        &format!("x-b3-spanid={SPAN}"),
        "x-b3-flags=1",
    ];
    let printed = passed("b3multi", &debug);
    assert!(
        printed.all("header").contains(&"x-b3-flags=1"),
        "{printed:#?}"
    );
    let printed = passed("jaeger", &[&format!("uber-trace-id={TRACE}:{SPAN}:0:3")]);
    assert!(printed.one("header").ends_with(":3"), "{printed:#?}");
}

#[test]
fn a_caller_who_does_not_sample_is_followed_and_one_who_leaves_it_open_is_sampled() {
    for (header, ending) in [
        (format!("b3={TRACE}-{SPAN}-0"), "-0"),
        (format!("b3={TRACE}-{SPAN}"), "-1"),
        (format!("b3={TRACE}-{SPAN}-0-{SPAN}"), "-0"),
    ] {
        let printed = passed("b3", &[&header]);
        let written = printed.one("header");
        assert!(
            written.contains(TRACE) && written.ends_with(ending),
            "{header}: {written}"
        );
    }
    let printed = passed("jaeger", &[&format!("uber-trace-id={TRACE}:{SPAN}:0:0")]);
    assert!(printed.one("header").ends_with(":0"), "{printed:#?}");
}

#[test]
fn a_denial_without_a_trace_is_followed_and_passed_on() {
    for propagators in ["b3", "b3multi", "tracecontext,b3"] {
        for header in ["b3=0", "x-b3-sampled=0", "X-B3-Sampled=false", "B3= 0 "] {
            let variables = [("OTEL_PROPAGATORS", propagators)];
            let printed = run_with("seen pass", &[header], &variables).says_nothing();
            assert_eq!(printed.all("exported"), [""; 0], "{propagators} {header}");
            let headers = printed.all("header");
            let expected = match propagators {
                "b3multi" => "x-b3-sampled=0",
                _ => "-0",
            };
            assert!(
                headers.iter().any(|header| header.ends_with(expected)),
                "{propagators} {header}: {printed:#?}"
            );
        }
    }
}

#[test]
fn a_trace_in_other_headers_is_not_lost_by_a_decision_alone() {
    let parent = format!("traceparent=00-{TRACE}-{SPAN}-01");
    let printed = passed("tracecontext,b3", &[&parent, "b3=0"]);
    let headers = printed.all("header").join(" ");
    assert!(headers.contains(TRACE), "{headers}");
}

#[test]
fn one_who_asks_for_a_trace_and_names_none_gets_one() {
    for (header, ending) in [
        ("b3=1", "-1"),
        ("b3=d", "-d"),
        ("x-b3-sampled=1", "-1"),
        ("x-b3-flags=1", "-d"),
    ] {
        let variables = [("OTEL_PROPAGATORS", "b3")];
        let printed = run_with("seen pass", &[header], &variables).says_nothing();
        assert_eq!(printed.all("exported").len(), 1, "{header}: {printed:#?}");
        assert!(
            printed.one("header").ends_with(ending),
            "{header}: {printed:#?}"
        );
    }
}

#[test]
fn jaegers_baggage_is_url_encoded() {
    let printed = passed(
        "jaeger",
        &[
            "uberctx-a=x%0D%0Aset-cookie: b",
            "uberctx-b=caf%C3%A9+2",
            "jaeger-baggage=c=1,d=%2C",
        ],
    );
    let headers = printed.all("header");
    for expected in [
        "uberctx-a=x%0D%0Aset-cookie%3A%20b",
        "uberctx-b=caf%C3%A9%202",
        "uberctx-c=1",
        "uberctx-d=%2C",
    ] {
        assert!(headers.contains(&expected), "{expected}: {headers:#?}");
    }
    let printed = passed("baggage,jaeger", &["baggage=a=x%0D%0Ab"]);
    let headers = printed.all("header");
    for expected in ["baggage=a=x%0D%0Ab", "uberctx-a=x%0D%0Ab"] {
        assert!(headers.contains(&expected), "{expected}: {headers:#?}");
    }
}

#[test]
fn what_cannot_be_read_starts_a_new_trace() {
    for (propagators, header) in [
        ("b3", format!("b3={TRACE}")),
        ("b3", format!("b3={TRACE}-{SPAN}-x")),
        ("b3", format!("b3={}-{SPAN}-1", "0".repeat(32))),
        ("b3", format!("b3={TRACE}0-{SPAN}-1")),
        ("jaeger", format!("uber-trace-id={TRACE}:{SPAN}:1")),
        ("jaeger", format!("uber-trace-id={TRACE}:{SPAN}:0:zz")),
        ("jaeger", format!("uber-trace-id={TRACE}:0:0:1")),
    ] {
        let printed = passed(propagators, &[&header]);
        assert!(
            !printed.one("header").contains(TRACE),
            "{header}: {printed:#?}"
        );
    }
}

#[test]
fn jaegers_baggage_goes_through() {
    let printed = passed(
        "baggage,jaeger",
        &["uberctx-tenant=red", "baggage=color=blue"],
    );
    let headers = printed.all("header");
    assert!(headers.contains(&"uberctx-tenant=red"), "{headers:#?}");
    assert!(headers.contains(&"uberctx-color=blue"), "{headers:#?}");
}

#[test]
fn propagators_that_there_are_not_are_told_and_left_out() {
    for (propagators, wrong, expected) in [
        (
            "b3,xray",
            "`xray` is not supported",
            &["b3=TRACE-SPAN-1"][..],
        ),
        ("ottrace", "`ottrace` is not supported", &W3C),
        ("b3,,", "stray comma", &["b3=TRACE-SPAN-1"]),
        (
            "b4",
            "expected `tracecontext`, `baggage`, `b3`, `b3multi`, `jaeger` or `none`, found `b4`",
            &W3C,
        ),
        (
            "b3,none",
            "`none` stands beside other values",
            &["b3=TRACE-SPAN-1"],
        ),
    ] {
        let printed = run("quiet inject", &[("OTEL_PROPAGATORS", propagators)]);
        printed.warns(&["OTEL_PROPAGATORS: ", wrong]);
        assert_eq!(
            printed.all("header").len(),
            expected.len(),
            "{propagators}: {printed:#?}"
        );
    }
}

#[test]
fn propagators_in_code_beat_those_of_the_environment() {
    assert_eq!(
        written("b3", &[("OTEL_PROPAGATORS", "jaeger")]),
        ["b3=TRACE-SPAN-1"]
    );
}

#[test]
fn switched_off_there_are_no_spans_and_headers_pass_through() {
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let incoming = format!("traceparent={parent}");
    let disabled = [
        ("OTEL_SDK_DISABLED", "True"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "many"),
    ];
    let printed =
        run_with("seen order pass", &[&incoming, "baggage=a=b"], &disabled).says_nothing();
    assert_eq!(printed.all("exported"), [""; 0]);
    let headers = printed.all("header");
    assert!(
        headers.contains(&&*incoming) && headers.contains(&"baggage=a=b"),
        "{headers:#?}"
    );

    let printed = run("order", &[("OTEL_SDK_DISABLED", "true")]).says_nothing();
    assert_eq!(printed.stdout, "");
}

#[cfg(target_os = "linux")]
#[test]
fn switched_off_there_is_no_thread_and_without_a_collector_none_for_it() {
    let threads = |variable| {
        let variables = [
            variable,
            ("OTEL_TRACES_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ];
        run("order threads", &variables)
            .says_nothing()
            .one("threads")
            .to_owned()
    };
    assert_eq!(threads(("OTEL_SDK_DISABLED", "true")), "1");
    assert_eq!(threads(("OTEL_SDK_DISABLED", "false")), "1");
    let printed = run("order threads", &[("OTEL_SDK_DISABLED", "true")]).says_nothing();
    assert_eq!(printed.one("threads"), "1");
    let printed = run("seen order threads", &[]).says_nothing();
    assert_eq!(printed.one("threads"), "2", "that of the batches");
}

#[test]
fn only_true_switches_off() {
    for value in ["false", "FALSE", "", " "] {
        let printed = run("seen order", &[("OTEL_SDK_DISABLED", value)]).says_nothing();
        assert_eq!(printed.all("exported").len(), 1, "{value}");
    }
    for value in ["1", "yes"] {
        let printed = run("seen order", &[("OTEL_SDK_DISABLED", value)]);
        printed.warns(&[
            "OTEL_SDK_DISABLED: expected `true` or `false`, found",
            "counts as `false`",
        ]);
        assert_eq!(printed.all("exported").len(), 1, "{value}");
    }
}
