//! Do a file and the variables that it stands for give the same settings?

use std::fmt::Write as _;

use opentelemetry_sdk::Resource;

use super::*;
use crate::random::Random;
use crate::telemetry::config_file::exporter::ExporterKind;
use crate::telemetry::otlp::Otlp;
use crate::telemetry::resource::Described;
use crate::telemetry::settings::{BatchSettings, LimitSettings, OtlpSettings};
use crate::telemetry::signal::Signal;
use crate::telemetry::{propagators, sampler};

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
    /// Adds about half of the rows, to the file either as values or as references to variables.
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
