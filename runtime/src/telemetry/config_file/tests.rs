//! Does a file say what variables say, and is what it cannot say refused with its line?

use std::collections::HashMap;
use std::fmt::Write as _;

use opentelemetry_sdk::Resource;

use super::exporter::ExporterKind;
use super::*;
use crate::random::Random;
use crate::telemetry::batch::Batch;
use crate::telemetry::builder::ExporterConfig;
use crate::telemetry::otlp::Otlp;
use crate::telemetry::resource::Described;
use crate::telemetry::settings::{BatchSettings, LimitSettings, OtlpSettings};
use crate::telemetry::signal::Signal;
use crate::telemetry::{propagators, sampler};

type Variables = HashMap<String, String>;

fn parse_with(text: &str, variables: &Variables) -> Result<ConfigFile, String> {
    let path = Path::new("file.yaml");
    let file = ConfigFile::parse(path, text, &|name| variables.get(name).cloned());
    file.map_err(|wrong| ConfigFileError::new(path, wrong).to_string())
}

#[track_caller]
fn error_of(text: &str) -> String {
    parse_with(text, &Variables::new()).err().expect(text)
}

/// The settings that result from a file or from variables.
#[derive(Debug, PartialEq)]
struct Settings {
    is_disabled: bool,
    limits: LimitSettings,
    spans: BatchSettings,
    otlp: OtlpSettings,
    sampler: String,
    propagators: Vec<Propagator>,
    resource: Resource,
}

fn of_variables(variables: Variables) -> Settings {
    let mut environment = Environment::new(move |name| variables.get(name).map(Into::into));
    let sampling = Sampling::Plain(sampler::of_environment(&mut environment));
    let settings = Settings {
        is_disabled: environment.boolean(&SDK_DISABLED) == Some(true),
        limits: Limits::new().settings(&mut environment),
        spans: Batch::new().of_spans(&mut environment),
        otlp: Otlp::new()
            .settings(&mut environment, Signal::Traces)
            .unwrap(),
        sampler: format!("{sampling:?}"),
        propagators: propagators::chosen(&mut environment),
        resource: Described::default().resource(&mut environment),
    };
    assert_eq!(environment.into_warnings(), [""; 0]);
    settings
}

#[track_caller]
fn of_file(file: ConfigFile) -> Settings {
    let nothing = &mut Environment::new(|_| None);
    let traces = file.traces.unwrap();
    let [processor] = &*traces.processors else {
        panic!("{:?}", traces.processors);
    };
    let ExporterKind::Otlp(otlp) = &processor.exporter else {
        panic!("{processor:?}");
    };
    let mut described = Described::default();
    file.resource.apply(&mut described);
    Settings {
        is_disabled: file.is_disabled,
        limits: file.limits.settings(nothing),
        spans: processor.batch.of_spans(nothing),
        otlp: otlp.settings(nothing, Signal::Traces).unwrap(),
        sampler: format!("{:?}", traces.sampler.sampling()),
        propagators: file.propagators,
        resource: described.resource(nothing),
    }
}

/// A setting by its variable and by its key in the file, with values to write to both.
type Row = (&'static str, &'static str, &'static [&'static str]);

const NUMBERS: &[&str] = &["1", "7", "512", "100000"];

static BATCH: &[Row] = &[
    (
        "OTEL_BSP_SCHEDULE_DELAY",
        "schedule_delay",
        &["0", "5000", "999999999999"],
    ),
    ("OTEL_BSP_EXPORT_TIMEOUT", "export_timeout", &["0", "30000"]),
    (
        "OTEL_BSP_MAX_QUEUE_SIZE",
        "max_queue_size",
        &["512", "4096"],
    ),
    (
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        "max_export_batch_size",
        &["1", "500"],
    ),
];

static LIMITS: &[Row] = &[
    (
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "attribute_value_length_limit",
        NUMBERS,
    ),
    (
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
        "attribute_count_limit",
        NUMBERS,
    ),
    ("OTEL_SPAN_EVENT_COUNT_LIMIT", "event_count_limit", NUMBERS),
    ("OTEL_SPAN_LINK_COUNT_LIMIT", "link_count_limit", NUMBERS),
    (
        "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
        "event_attribute_count_limit",
        NUMBERS,
    ),
    (
        "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
        "link_attribute_count_limit",
        NUMBERS,
    ),
];

static GENERAL_LIMITS: &[Row] = &[
    (
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "attribute_value_length_limit",
        NUMBERS,
    ),
    (
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
        "attribute_count_limit",
        NUMBERS,
    ),
];

static RESOURCE: &[Row] = &[(
    "OTEL_RESOURCE_ATTRIBUTES",
    "attributes_list",
    &["a=1,service.name=till", "b=%C3%A4"],
)];

static EXPORTER: &[Row] = &[
    (
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "endpoint",
        &[
            "http://collector:4318/v1/traces",
            "http://a:1/",
            "unix:/run/collector.sock",
        ],
    ),
    (
        "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
        "timeout",
        &["0", "10000"],
    ),
    (
        "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
        "compression",
        &["gzip", "none"],
    ),
    (
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        "headers_list",
        &["a=1", "api-key=x%20y,b=2"],
    ),
];

/// The same random settings as a file and as variables.
struct Both {
    random: Random,
    variables: Variables,
    yaml: String,
}

impl Both {
    /// About half of the rows; in the file as they are, or as a reference to the variable.
    fn rows(&mut self, rows: &[Row], indent: usize) {
        for (variable, key, values) in rows {
            if self.random.below(2) == 0 {
                continue;
            }
            let value = values[self.random.below(values.len())];
            self.set(variable, value);
            let written = match self.random.below(3) {
                0 => format!("${{{variable}}}"),
                1 => format!("${{{variable}:-other}}"),
                _ => value.to_owned(),
            };
            self.line(&format!("{:indent$}{key}: {written}", ""));
        }
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.yaml, "{line}");
    }

    fn set(&mut self, variable: &str, value: &str) {
        self.variables.insert(variable.to_owned(), value.to_owned());
    }

    fn sampler(&mut self) {
        const RATIOS: [&str; 4] = ["0", "0.25", "1", "1e-3"];
        let ratio = RATIOS[self.random.below(RATIOS.len())];
        let (name, root) = match self.random.below(3) {
            0 => ("always_on", "always_on:".to_owned()),
            1 => ("always_off", "always_off:".to_owned()),
            _ => (
                "traceidratio",
                format!("trace_id_ratio_based: {{ ratio: {ratio} }}"),
            ),
        };
        let is_default = match self.random.below(3) {
            0 => {
                self.set("OTEL_TRACES_SAMPLER", name);
                self.line(&format!("  sampler:\n    {root}"));
                false
            }
            1 => {
                self.set("OTEL_TRACES_SAMPLER", &format!("parentbased_{name}"));
                self.line(&format!(
                    "  sampler:\n    parent_based:\n      root:\n        {root}\n      \
                     remote_parent_sampled:\n        always_on:"
                ));
                false
            }
            _ => true,
        };
        if name == "traceidratio" && !is_default {
            self.set("OTEL_TRACES_SAMPLER_ARG", ratio);
        }
    }
}

fn both(seed: u64) -> Both {
    let mut both = Both {
        random: Random::new(seed),
        variables: Variables::new(),
        yaml: "file_format: \"1.0\"\n".to_owned(),
    };
    if both.random.below(4) == 0 {
        both.set("OTEL_SDK_DISABLED", "true");
        both.line("disabled: ${OTEL_SDK_DISABLED:-false}");
    }
    both.line("attribute_limits:");
    both.rows(GENERAL_LIMITS, 2);
    both.line("resource:");
    both.rows(RESOURCE, 2);
    if both.random.below(2) == 0 {
        both.set("OTEL_SERVICE_NAME", "shop");
        both.line("  attributes:\n    - name: service.name\n      value: ${OTEL_SERVICE_NAME}");
    }
    let lists = ["tracecontext", "baggage,b3", "b3multi,jaeger", "none"];
    let propagators = lists[both.random.below(lists.len())];
    both.set("OTEL_PROPAGATORS", propagators);
    both.line(&format!("propagator:\n  composite_list: {propagators}"));
    both.line("tracer_provider:\n  limits:");
    both.rows(LIMITS, 4);
    both.sampler();
    both.line("  processors:\n    - batch:");
    both.rows(BATCH, 8);
    both.line("        exporter:");
    let (protocol, lines) = match both.random.below(3) {
        0 => ("grpc", "          otlp_grpc:"),
        1 => (
            "http/json",
            "          otlp_http:\n            encoding: json",
        ),
        _ => ("http/protobuf", "          otlp_http:"),
    };
    both.set("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", protocol);
    both.line(lines);
    both.rows(EXPORTER, 12);
    both
}

#[test]
fn a_file_and_the_variables_it_stands_for_give_the_same_settings() {
    for seed in 0..500 {
        let Both {
            variables, yaml, ..
        } = both(seed);
        let file = parse_with(&yaml, &variables);
        let file = file.unwrap_or_else(|error| panic!("{error}\n{yaml}"));
        assert_eq!(
            of_file(file),
            of_variables(variables),
            "seed {seed}\n{yaml}"
        );
    }
}

#[test]
fn examples_are_read_or_refused_where_their_first_line_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/config_file");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap();
        let result = parse_with(&text, &Variables::new());
        match first.strip_prefix("# Refused at ") {
            None => assert!(result.is_ok(), "{}: {:?}", path.display(), result.err()),
            Some(expected) => {
                let error = result.err().unwrap_or_default();
                let start = format!("file.yaml:{expected}");
                assert!(error.starts_with(&start), "{}: {error}", path.display());
            }
        }
        count += 1;
    }
    assert!(count >= 6, "{count}");
}

/// The message about `text`, which is what follows the version of a file.
#[track_caller]
fn refused(text: &str, at: &str, what: &str) {
    let text = format!("file_format: \"1.0\"\n{text}");
    let error = error_of(&text);
    assert!(
        error.starts_with(&format!("file.yaml:{at}: ")),
        "{error}\n{text}"
    );
    assert!(error.contains(what), "expected {what:?}: {error}\n{text}");
}

#[test]
fn mistakes_are_refused_where_they_are() {
    refused(
        "tracer_provide: 1",
        "2:1",
        "`tracer_provide` is not known in the file; expected one of",
    );
    refused(
        "disabled: yes",
        "2:11",
        "expected `true` or `false`, found the text `yes`",
    );
    refused("disabled: [true]", "2:11", "found a list");
    refused("log_level: loud", "2:12", "expected `trace`");
    refused(
        "disabled: true\ndisabled: false",
        "3:1",
        "`disabled` is there twice",
    );
    refused("disabled: ${A:?b}", "2:11", "is no reference to a variable");
    refused(
        "tracer_provider: { processors: [] }",
        "2:32",
        "found an empty list",
    );
    refused(
        "tracer_provider: { limits: }",
        "2:18",
        "`tracer_provider` needs `processors`",
    );
    refused(
        "propagator: { composite: [ xray: ] }",
        "2:28",
        "`xray` is not supported",
    );
    refused(
        "propagator: { composite_list: tracecontex }",
        "2:31",
        "`tracecontex` is not known",
    );
    refused(
        "attribute_limits: { attribute_count_limit: -1 }",
        "2:44",
        "a whole number, 0 or more",
    );
    refused(
        "attribute_limits: { attribute_count_limit: \"1\" }",
        "2:44",
        "found the text `1`",
    );
    refused(
        "attribute_limits: { attribute_value_depth_limit: 3 }",
        "2:21",
        "is not supported",
    );
    refused(
        "resource: { attributes: [ { name: a, value: 1 } ] }",
        "2:45",
        "which may need quotes",
    );
    refused(
        "resource: { attributes_list: a }",
        "2:30",
        "pair 1 has no `=`",
    );
    refused(
        "resource: { schema_url: a }",
        "2:13",
        "`schema_url` is not supported",
    );
    refused("disabled: !!binary aa", "2:11", "the tag");
}

#[test]
fn mistakes_further_in_are_refused_where_they_are() {
    let sampler = |sampler: &str| {
        format!(
            "tracer_provider:\n  processors: [ batch: {{ exporter: {{ otlp_http: }} }} ]\n  sampler: {sampler}"
        )
    };
    refused(
        &sampler("{ always_on: , always_off: }"),
        "4:27",
        "`always_off` stands beside another",
    );
    refused(
        &sampler("{ always_on: { a: 1 } }"),
        "4:27",
        "`always_on` has no settings",
    );
    refused(
        &sampler("{ trace_id_ratio_based: { ratio: 1.5 } }"),
        "4:45",
        "a number from 0 to 1",
    );
    refused(
        &sampler("{ jaeger_remote/development: { endpoint: a } }"),
        "4:14",
        "not supported",
    );
    refused(
        &sampler("{ composite/development: { rule_based: } }"),
        "4:39",
        "not supported",
    );
    refused(
        &sampler("always_on"),
        "4:12",
        "expected one name with a colon",
    );
    let exporter = |exporter: &str| {
        format!("tracer_provider:\n  processors:\n  - batch:\n      exporter:\n        {exporter}")
    };
    refused(
        &exporter("otlp_http: { endpoint: collector }"),
        "6:32",
        "expected a URL",
    );
    refused(
        &exporter("otlp_http: { headers_list: a }"),
        "6:36",
        "pair 1 has no `=`",
    );
    refused(
        &exporter("otlp_http: { max_request_size: 1 }"),
        "6:22",
        "not supported",
    );
    refused(
        &exporter("otlp_http: { tls: { cert_file: a } }"),
        "6:27",
        "both `cert_file` and `key_file`",
    );
    refused(
        &exporter("otlp_htp:"),
        "6:9",
        "`otlp_htp` is not an exporter",
    );
    refused(&exporter("otlp_file/development:"), "6:9", "not supported");
    let batch = "tracer_provider:\n  processors:\n  - batch:\n      max_queue_size: 8\n      \
                 max_export_batch_size: 9\n      exporter: { otlp_http: }";
    refused(
        batch,
        "6:30",
        "expected at most the size of the queue, 8, found `9`",
    );
}

#[test]
fn no_message_shows_a_secret() {
    for exporter in [
        "endpoint: \"http://shop:sesame@\"",
        "headers_list: sesame",
        "headers: [ { name: a, value: [ sesame ] } ]",
        "headers: [ { name: \"a b\", value: sesame } ]",
    ] {
        let error = error_of(&format!(
            "file_format: \"1.0\"\ntracer_provider: {{ processors: [ simple: {{ exporter: {{ otlp_http: \
             {{ {exporter} }} }} }} ] }}"
        ));
        assert!(!error.contains("sesame"), "{error}");
    }
}

#[test]
fn a_section_that_is_not_there_is_nothing_at_all() {
    let mut builder = TelemetryBuilder::default();
    let file = parse_with("file_format: \"1.0\"", &Variables::new()).unwrap();
    file.apply(&mut builder);
    assert_eq!(builder.exporters.map(|exporters| exporters.len()), Some(0));
    assert_eq!(
        builder.propagators.map(|propagators| propagators.len()),
        Some(0)
    );
    assert!(format!("{:?}", builder.sampling).contains("AlwaysOff"));
}

#[test]
fn code_is_stronger_than_the_file() {
    let text = "file_format: '1.0'\n\
        resource: { attributes: [ { name: a, value: file }, { name: b, value: file } ] }\n\
        attribute_limits: { attribute_count_limit: 7, attribute_value_length_limit: 7 }\n\
        tracer_provider: { processors: [ batch: { max_queue_size: 700, schedule_delay: 7, exporter: { otlp_http: } } ] }";
    let mut builder = TelemetryBuilder::default()
        .resource_attribute("a", "code")
        .limits(Limits::new().attributes(3))
        .span_batch(Batch::new().max_queue_size(300));
    parse_with(text, &Variables::new())
        .unwrap()
        .apply(&mut builder);
    let nothing = &mut Environment::new(|_| None);
    let resource = builder.described.resource(nothing);
    let value = |key: &'static str| {
        let value = resource.get(&opentelemetry::Key::from_static_str(key));
        value.map(|value| value.to_string())
    };
    assert_eq!(value("a").as_deref(), Some("code"));
    assert_eq!(value("b").as_deref(), Some("file"));
    let limits = builder.limits.settings(nothing);
    assert_eq!((limits.attributes, limits.value_length), (3, Some(7)));
    let exporters = builder.exporters.unwrap();
    let [ExporterConfig::Batched(_, batch)] = &*exporters else {
        panic!("{} exporters", exporters.len());
    };
    let batch = batch.of_spans(nothing);
    assert_eq!(batch.max_queue_size, 300);
    assert_eq!(batch.schedule_delay.as_millis(), 7);
}

#[test]
fn hostile_files_end_with_an_error() {
    let deep = format!("file_format: \"1.0\"\na: {}", "[".repeat(10_000));
    let mut aliases = "file_format: \"1.0\"\na0: &a0 [x]\n".to_owned();
    for level in 1..40 {
        let references = format!("*a{} , ", level - 1).repeat(9);
        let _ = writeln!(aliases, "a{level}: &a{level} [{references}]");
    }
    for text in [
        &*deep,
        &aliases,
        "",
        "\0",
        "- a",
        "a: b: c",
        "\u{feff}",
        "a: &a [ *a ]",
    ] {
        error_of(text);
    }
}
