//! Where do spans go?

use crate::collector::Collector;
use crate::program::run;

/// Spans alone: log records have their own variables.
const NO_RECORDS: (&str, &str) = ("OTEL_LOGS_EXPORTER", "none");

#[test]
fn with_nothing_said_spans_are_trees_on_the_terminal() {
<<<<<<< HEAD
    let printed = run("order", &[]).says_nothing();
=======
    let printed = run("order", &[]).silent();
>>>>>>> settings
    assert!(printed.stdout.contains("order "), "{printed:#?}");
    assert!(printed.stdout.contains("id=7"), "{printed:#?}");
    assert_eq!(printed.all("report"), [""; 0]);
}

#[test]
fn an_endpoint_sends_them_to_a_collector_instead() {
    for variable in [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    ] {
        let collector = Collector::start();
<<<<<<< HEAD
        let printed =
            run("order", &[(variable, &collector.url("http")), NO_RECORDS]).says_nothing();
=======
        let printed = run("order", &[(variable, &collector.url("http")), NO_RECORDS]).silent();
>>>>>>> settings
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
<<<<<<< HEAD
    let printed = printed.says_nothing();
=======
    let printed = printed.silent();
>>>>>>> settings
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
<<<<<<< HEAD
    .says_nothing();
=======
    .silent();
>>>>>>> settings
    assert_eq!(printed.stdout, "");
}

#[test]
fn console_is_the_terminal_even_with_an_endpoint() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:9");
    let printed = run(
        "order",
        &[endpoint, NO_RECORDS, ("OTEL_TRACES_EXPORTER", "console")],
    );
<<<<<<< HEAD
    assert!(printed.says_nothing().stdout.contains("id=7"));
=======
    assert!(printed.silent().stdout.contains("id=7"));
>>>>>>> settings
}

#[test]
fn exporters_that_there_are_not_are_told_and_count_as_unset() {
    for (exporter, wrong) in [
        ("zipkin", "`zipkin` is not supported"),
        ("jaeger", "`jaeger` is not supported"),
        ("logging", "`logging` is not supported"),
        ("otlp/stdout", "`otlp/stdout` is not supported"),
        ("otpl", "expected `otlp`, `console` or `none`, found `otpl`"),
        ("console,", "there is a stray comma"),
        ("none,console", "`none` stands beside others"),
    ] {
        let printed = run("order", &[("OTEL_TRACES_EXPORTER", exporter)]);
        printed.warns(&["OTEL_TRACES_EXPORTER: ", wrong]);
        assert!(printed.stdout.contains("id=7"), "{printed:#?}");
    }
}

#[test]
fn an_exporter_in_code_beats_those_of_the_environment() {
<<<<<<< HEAD
    let printed = run("trees order", &[("OTEL_TRACES_EXPORTER", "none")]).says_nothing();
    assert!(printed.stdout.contains("id=7"), "{printed:#?}");
    let printed = run("quiet order", &[("OTEL_TRACES_EXPORTER", "console")]).says_nothing();
=======
    let printed = run("trees order", &[("OTEL_TRACES_EXPORTER", "none")]).silent();
    assert!(printed.stdout.contains("id=7"), "{printed:#?}");
    let printed = run("quiet order", &[("OTEL_TRACES_EXPORTER", "console")]).silent();
>>>>>>> settings
    assert_eq!(printed.stdout, "");
}

#[test]
fn several_exporters_in_code_get_each_span() {
<<<<<<< HEAD
    let printed = run("seen trees watched order", &[]).says_nothing();
=======
    let printed = run("seen trees watched order", &[]).silent();
>>>>>>> settings
    assert_eq!(printed.all("exported").len(), 2, "{printed:#?}");
    assert!(printed.stdout.contains("  id=7"), "{printed:#?}");
}

#[test]
fn a_processor_leaves_the_exporters_to_the_environment() {
<<<<<<< HEAD
    let printed = run("watched order", &[]).says_nothing();
=======
    let printed = run("watched order", &[]).silent();
>>>>>>> settings
    assert_eq!(printed.all("exported").len(), 1, "{printed:#?}");
    assert!(printed.stdout.contains("  id=7"), "{printed:#?}");
}

#[test]
fn an_exporter_that_there_is_not_on_a_log_record_is_told_too() {
    let printed = run("quiet order", &[("OTEL_LOGS_EXPORTER", "logging")]);
    printed.warns(&["OTEL_LOGS_EXPORTER: `logging` is not supported"]);
}
