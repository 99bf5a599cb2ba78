//! Does a configuration file take the place of the variables?

use std::path::PathBuf;
use std::{env, fs, process};

use crate::collector::Collector;
use crate::program::run;

/// A temporary file that is removed when it is dropped.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = env::temp_dir().join(format!("traced-config-{}-{name}.yaml", process::id()));
        fs::write(&path, format!("file_format: \"1.0\"\n{text}")).unwrap();
        File(path)
    }

    fn variable(&self) -> (&str, &str) {
        ("OTEL_CONFIG_FILE", self.0.to_str().unwrap())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

const TO_COLLECTOR: &str = "
resource:
  attributes: [ { name: service.name, value: \"${SHOP:-of-file}\" } ]
tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http:
            endpoint: ${COLLECTOR}/v1/traces
            encoding: json
            compression: ${OTEL_EXPORTER_OTLP_COMPRESSION:-none}
            headers: [ { name: x-a, value: \"1\" } ]
";

#[test]
fn spans_go_where_the_file_says_and_a_line_says_so() {
    let collector = Collector::start();
    let url = collector.url("http");
    let file = File::new("collector", TO_COLLECTOR);
    let printed = run("order", &[file.variable(), ("COLLECTOR", &url)]);
    let request = collector.request();
    assert_eq!(request.first_line, "POST /v1/traces HTTP/1.1");
    assert_eq!(request.header("x-a"), Some("1"));
    assert!(request.body_contains("\"of-file\""));
    let lines: Vec<_> = printed.stderr.lines().collect();
    let [line] = lines[..] else {
        panic!("{printed:#?}");
    };
    assert!(
        line.starts_with("traced: note: ") && line.contains("collector.yaml"),
        "{line}"
    );
}

#[test]
fn other_variables_are_ignored_and_named_but_those_that_the_file_refers_to() {
    let collector = Collector::start();
    let url = collector.url("http");
    let file = File::new("ignored", TO_COLLECTOR);
    let variables = [
        file.variable(),
        ("COLLECTOR", &*url),
        ("SHOP", "of-variable"),
        ("OTEL_SERVICE_NAME", "ignored"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
    ];
    let printed = run("order", &variables);
    printed.warns(&[
        "these variables are ignored: OTEL_SDK_DISABLED, OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER;",
    ]);
    let request = collector.request();
    assert_eq!(request.header("content-encoding"), Some("gzip"));
}

#[test]
fn without_a_tracer_provider_there_are_no_spans() {
    let file = File::new("nothing", "");
    let printed = run("inject", &[file.variable()]);
    assert!(printed.all("header").is_empty(), "{printed:#?}");
    let file = File::new("propagator", "propagator: { composite: [ tracecontext: ] }");
    let printed = run("inject", &[file.variable()]);
    assert!(printed.one("header").ends_with("-02"), "{printed:#?}");
}

#[test]
fn a_file_may_turn_telemetry_off_and_its_messages_down() {
    let file = File::new("disabled", "disabled: true\nlog_level: error");
    let printed = run(
        "seen order",
        &[file.variable(), ("OTEL_SERVICE_NAME", "shop")],
    );
    assert_eq!((&*printed.stdout, &*printed.stderr), ("", ""));
}

#[test]
fn a_mistake_is_an_error_with_its_line() {
    let file = File::new("mistake", "disabled: perhaps");
    let printed = run("order", &[file.variable()]);
    let error = printed.one("error");
    assert!(
        error.ends_with("-mistake.yaml:2:11: expected `true` or `false`, found the text `perhaps`"),
        "{error}"
    );
    let printed = run("order", &[("OTEL_CONFIG_FILE", "/nowhere/at/all.yaml")]);
    assert_eq!(printed.one("error"), "/nowhere/at/all.yaml: cannot be read");
    assert!(
        printed.one("source").contains("No such file"),
        "{printed:#?}"
    );
}

#[test]
fn the_older_name_of_the_variable_is_read_and_told() {
    let file = File::new("older", "log_level: warn");
    let (_, path) = file.variable();
    let printed = run("order", &[("OTEL_EXPERIMENTAL_CONFIG_FILE", path)]);
    printed.warns(&[
        "OTEL_EXPERIMENTAL_CONFIG_FILE: ",
        "write `OTEL_CONFIG_FILE`",
    ]);
}
