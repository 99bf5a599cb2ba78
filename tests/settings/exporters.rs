//! Which exporters get the spans?

use crate::collector::Collector;
use crate::program::run;

/// Turns off log records, which have variables of their own.
const NO_RECORDS: (&str, &str) = ("OTEL_LOGS_EXPORTER", "none");

/// Prints trees on standard output.
const TREES: (&str, &str) = ("OTEL_TRACES_EXPORTER", "console");

#[test]
fn an_endpoint_sends_them_to_a_collector_instead() {
    for variable in [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    ] {
        let collector = Collector::start();
        let printed =
            run("order", &[(variable, &collector.url("http")), NO_RECORDS]).says_nothing();
        assert!(!printed.stdout.contains("id=7"), "{printed:#?}");
        assert!(
            printed
                .one("report otlp")
                .contains("1 spans ended, 1 exported"),
            "{printed:#?}"
        );
        assert!(collector.request().body_contains("order"));
    }
}

#[test]
fn otel_traces_exporter_names_several() {
    let collector = Collector::start();
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.url("http"));
    let printed = run(
        "order",
        &[
            endpoint,
            NO_RECORDS,
            ("OTEL_TRACES_EXPORTER", "Console, otlp,otlp"),
        ],
    );
    let printed = printed.says_nothing();
    assert!(printed.stdout.contains("id=7"), "{printed:#?}");
    assert!(
        printed
            .one("report otlp")
            .contains("1 spans ended, 1 exported"),
        "{printed:#?}"
    );
}

#[test]
fn none_is_none_even_with_an_endpoint() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:9");
    let printed = run(
        "order",
        &[endpoint, NO_RECORDS, ("OTEL_TRACES_EXPORTER", "none")],
    )
    .says_nothing();
    assert_eq!(printed.stdout, "");
}

#[test]
fn console_is_the_terminal_even_with_an_endpoint() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:9");
    let printed = run(
        "order",
        &[endpoint, NO_RECORDS, ("OTEL_TRACES_EXPORTER", "console")],
    );
    assert!(printed.says_nothing().stdout.contains("id=7"));
}

#[test]
fn exporters_that_there_are_not_are_told_and_count_as_unset() {
    for (exporter, wrong) in [
        ("zipkin", "`zipkin` is not supported"),
        ("jaeger", "`jaeger` is not supported"),
        ("logging", "`logging` is not supported"),
        (
            "otpl",
            "expected `otlp`, `console`, `otlp/stdout` or `none`, found `otpl`",
        ),
    ] {
        let collector = Collector::start();
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.url("http"));
        let printed = run("order", &[("OTEL_TRACES_EXPORTER", exporter), endpoint]);
        printed.warns(&["OTEL_TRACES_EXPORTER: ", wrong]);
        assert!(collector.request().body_contains("order"));
    }
    for (exporter, wrong, has_trees) in [
        ("console,", "there is a stray comma", true),
        ("none,console", "`none` stands beside other values", true),
        ("none,", "there is a stray comma", false),
    ] {
        let printed = run("order", &[("OTEL_TRACES_EXPORTER", exporter)]);
        printed.warns(&["OTEL_TRACES_EXPORTER: ", wrong]);
        assert_eq!(printed.stdout.contains("id=7"), has_trees, "{printed:#?}");
    }
}

#[test]
fn an_exporter_in_code_beats_those_of_the_environment() {
    let printed = run("trees order", &[("OTEL_TRACES_EXPORTER", "none")]).says_nothing();
    assert!(printed.stderr.contains("id=7"), "{printed:#?}");
    assert_eq!(printed.stdout, "");
    let printed = run("quiet order", &[("OTEL_TRACES_EXPORTER", "console")]).says_nothing();
    assert_eq!(printed.stdout, "");
}

#[test]
fn a_tree_names_the_service_if_it_has_a_name() {
    let named = [TREES, NO_RECORDS, ("OTEL_SERVICE_NAME", "till")];
    // With our provider, and with that of the SDK.
    for words in ["order", "stamped order"] {
        let printed = run(words, &named);
        assert!(
            printed.stdout.contains(" · 1 span · till · "),
            "{printed:#?}"
        );
        let printed = run(words, &named[..2]);
        let scope = concat!(
            " · 1 span · traced-tests ",
            env!("CARGO_PKG_VERSION"),
            " · "
        );
        assert!(printed.stdout.contains(scope), "{printed:#?}");
    }
}

#[test]
fn several_exporters_in_code_get_each_span() {
    let printed = run("seen trees watched order", &[]).says_nothing();
    assert_eq!(printed.all("exported").len(), 2, "{printed:#?}");
    assert!(printed.stderr.contains("  id=7"), "{printed:#?}");
}

#[test]
fn a_processor_leaves_the_exporters_to_the_environment() {
    let printed = run("watched order", &[TREES]).says_nothing();
    assert_eq!(printed.all("exported").len(), 1, "{printed:#?}");
    assert!(printed.stdout.contains("  id=7"), "{printed:#?}");
    // `traced` cannot know that the processor does not export.
    run("watched order", &[]).says_nothing();
}

#[test]
fn an_exporter_that_there_is_not_on_a_log_record_is_told_too() {
    let printed = run("quiet order", &[("OTEL_LOGS_EXPORTER", "logging")]);
    printed.warns(&["OTEL_LOGS_EXPORTER: `logging` is not supported"]);
}
