//! The table of all variables that are read. A test generates `docs/variables.md` from it.
//!
//! Specification: OpenTelemetry, *Environment Variable Specification* and *OpenTelemetry Protocol
//! Exporter*, "Configuration Options".

/// An environment variable.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    /// A valid value, which messages suggest.
    pub(crate) example: &'static str,
    /// The meaning if it is unset.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "printed into docs/variables.md")
    )]
    pub(crate) default: &'static str,
    /// The same setting in code.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "printed into docs/variables.md")
    )]
    pub(crate) in_code: &'static str,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "printed into docs/variables.md")
    )]
    pub(crate) meaning: &'static str,
}

/// A setting for both spans and log records, or for each alone.
#[derive(Debug)]
pub(crate) struct PerSignal {
    pub(crate) general: Variable,
    pub(crate) traces: Variable,
    pub(crate) logs: Variable,
}

/// `NAME: "OTEL_NAME=example", default, in code, meaning;`
macro_rules! variables {
    ($($heading:literal {
        $($id:ident: $name:literal = $example:literal, $default:literal, $in_code:literal, $meaning:literal;)*
    })*) => {
        $($(
            #[cfg_attr(not(feature = "logs"), allow(dead_code, reason = "some are for log records"))]
            pub(crate) static $id: Variable = Variable {
                name: $name,
                example: $example,
                default: $default,
                in_code: $in_code,
                meaning: $meaning,
            };
        )*)*

        #[cfg(test)]
        static GROUPS: &[(&str, &[&Variable])] = &[$(($heading, &[$(&$id),*])),*];
    };
}

variables! {
    "Everything" {
        SDK_DISABLED: "OTEL_SDK_DISABLED" = "true", "`false`", "do not call `init`",
            "`true`: no provider is built and functions have no spans; the propagators are installed all the same";
        LOG_LEVEL: "OTEL_LOG_LEVEL" = "warn", "`info`", "",
            "which messages about telemetry itself are written to stderr: `none`, `error`, `warn`, `info` or `debug`. The warnings of this page are `warn`; `debug` prints all settings as they were resolved";
        CONFIG_FILE: "OTEL_CONFIG_FILE" = "/etc/otel/telemetry.yaml", "the other variables count", "`config_file`",
            "a file of declarative configuration, in YAML (feature `config-file`); [what it may hold](config_file.md). With it, the other `OTEL_*` variables are ignored, except those that the file refers to. A mistake in it is an error that names the line. Without the feature: a warning, and the other variables count";
        EXPERIMENTAL_CONFIG_FILE: "OTEL_EXPERIMENTAL_CONFIG_FILE" = "/etc/otel/telemetry.yaml", "", "",
            "the same, under its older name: a warning";
        SEMCONV_EXCEPTIONS: "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN" = "logs/dup", "events of spans", "`LogRecords::exceptions`",
            "`logs`: exceptions are log records instead of events (feature `logs`); `logs/dup`: both";
    }
    "Resource" {
        SERVICE_NAME: "OTEL_SERVICE_NAME" = "shop", "`service.name` of the next line, else your package, else `unknown_service:` and the executable", "`service_name`",
            "`service.name`";
        RESOURCE_ATTRIBUTES: "OTEL_RESOURCE_ATTRIBUTES" = "deployment.environment.name=staging,service.namespace=shops", "none", "`resource_attribute`",
            "`key=value,key=value`, percent-encoded; with a mistake anywhere, the whole value is ignored";
        ENTITIES: "OTEL_ENTITIES" = "", "", "",
            "not supported (its specification is in development): a warning";
    }
    "Propagation" {
        PROPAGATORS: "OTEL_PROPAGATORS" = "tracecontext,baggage", "`tracecontext,baggage`", "`propagators`, `propagator`",
            "any of `tracecontext`, `baggage`, `b3`, `b3multi`, `jaeger`, or `none`; `xray` and `ottrace` are not supported: a warning";
    }
    "Sampling" {
        TRACES_SAMPLER: "OTEL_TRACES_SAMPLER" = "parentbased_traceidratio", "`parentbased_always_on`", "`sampler`",
            "`always_on`, `always_off`, `traceidratio`, each also after `parentbased_`; `jaeger_remote`, `parentbased_jaeger_remote` and `xray` are not supported: a warning";
        TRACES_SAMPLER_ARG: "OTEL_TRACES_SAMPLER_ARG" = "0.25", "`1.0`", "`sampler`",
            "the fraction of traces that `traceidratio` and `parentbased_traceidratio` keep, from 0 to 1";
    }
    "Exporters" {
        TRACES_EXPORTER: "OTEL_TRACES_EXPORTER" = "otlp", "`otlp` if this variable or an endpoint below is set, even to an invalid value; otherwise, with the feature `console` and a terminal as standard error, trees there; otherwise a line that says that the spans go nowhere", "`otlp`, `console`, `otlp_stdout`, `no_exporter`, `span_exporter`",
            "the exporters of spans, separated by commas: `otlp`, `console` (trees on standard output, terminal or not; feature `console`), `otlp/stdout` (lines of OTLP JSON on standard output) or `none`. `zipkin`, `jaeger` and `logging` are not supported: a warning";
        LOGS_EXPORTER: "OTEL_LOGS_EXPORTER" = "otlp", "`console`, and also `otlp` if an endpoint below is set", "`LogRecords`",
            "the exporters of log records (feature `logs`), separated by commas: `otlp`, `console` (lines on standard error), `otlp/stdout` (lines of OTLP JSON on standard output) or `none`; with `otlp` alone, nothing is printed on the terminal";
        HTML: "TRACED_HTML" = "target/traces.html", "none", "`html`",
            "one HTML file that shows the traces of the process; it is written at a flush, at the end and at a panic, and is independent of the exporters. A path that ends in `.html` is the file; any other path is a folder, with a file for each process";
        FILE: "TRACED_FILE" = "spans.jsonl", "none", "`file`",
            "a file to which spans are appended as lines of OTLP JSON, independent of the exporters; log records (feature `logs`) go to `spans.logs.jsonl`";
        FILE_MAX_BYTES: "TRACED_FILE_MAX_BYTES" = "104857600", "`104857600` (100 MiB)", "`OtlpFile::max_bytes`",
            "the size in bytes at which the file is renamed to `spans.jsonl.1` and a new one is begun";
        FILE_KEEP: "TRACED_FILE_KEEP" = "3", "`3`", "`OtlpFile::keep`",
            "how many older files are kept";
        CODE_ATTRIBUTES: "TRACED_CODE_ATTRIBUTES" = "true", "`false`", "`code_attributes`",
            "`true`: each span of `traced` has `code.function.name`, `code.file.path` and `code.line.number`";
        METRICS: "TRACED_METRICS" = "true", "`false`", "`metrics`",
            "`true`: the durations of functions, and counts of exported, dropped and failed spans and log records, go to the global meter provider (feature `metrics`); [the metrics](metrics.md)";
        LOG_FORMAT: "TRACED_LOG_FORMAT" = "json", "`text`", "`LogRecords::console`",
            "the format of log records on standard error (feature `logs`): `text`, `full` or `json`";
    }
    "Looking at the process" {
        POLL_TIMES: "TRACED_POLL_TIMES" = "true", "`false`", "`poll_times`",
            "`true`: spans of futures have the time that they were polled and the time that they waited, and a poll that takes too long is an event and a warning";
        LONG_POLL: "TRACED_LONG_POLL" = "10", "`10`", "`long_poll`",
            "in milliseconds: a poll that takes as long is too long";
        LIVE: "TRACED_LIVE" = "true", "`false`", "`live`",
            "`true`: open spans are kept for `traced::live()`, and printed at a panic and when telemetry ends at its deadline";
        LONG_OPEN: "TRACED_LONG_OPEN" = "60000", "`60000` if the console, a page or the open spans are turned on; otherwise no message", "`long_open`",
            "in milliseconds, 0 is never: after this time a message names the call site of a span that is still open, has no open span above it, and says what to write. Call sites whose spans start again and again below a span that has ended are named too";
        AUDIT: "TRACED_AUDIT" = "true", "`false`", "`audit`",
            "`true`: where spans lost their context is counted by call site, and said at the end";
    }
    "Proxies" {
        HTTP_PROXY: "HTTP_PROXY" = "http://proxy:3128", "no proxy", "",
            "the proxy for `http` endpoints, also as `http_proxy`. The URL of the proxy has the scheme `http`; any other is a warning, and telemetry is sent without the proxy. OTLP over HTTP is forwarded by the proxy, gRPC goes through a tunnel (`CONNECT`). No proxy is used for `localhost`, addresses of the loopback and `unix:` endpoints";
        HTTPS_PROXY: "HTTPS_PROXY" = "http://proxy:3128", "no proxy", "",
            "the same for `https` endpoints, also as `https_proxy`; always a tunnel";
        ALL_PROXY: "ALL_PROXY" = "http://proxy:3128", "no proxy", "",
            "the same for endpoints whose variable above is unset, also as `all_proxy`";
        NO_PROXY: "NO_PROXY" = "collector.internal,10.0.0.0/8", "none", "",
            "hosts, domains and networks that are reached without a proxy, separated by commas, also as `no_proxy`";
    }
    "Batches of spans" {
        BSP_SCHEDULE_DELAY: "OTEL_BSP_SCHEDULE_DELAY" = "5000", "`5000`", "`span_batch`",
            "in milliseconds: how long an ended span waits for others that are exported in the same batch; 0 exports each span at once";
        BSP_EXPORT_TIMEOUT: "OTEL_BSP_EXPORT_TIMEOUT" = "30000", "`30000`", "`span_batch`",
            "in milliseconds, 0 is no limit: the time that one export may take";
        BSP_MAX_QUEUE_SIZE: "OTEL_BSP_MAX_QUEUE_SIZE" = "2048", "`2048`", "`span_batch`",
            "the greatest number of spans in the queue; a span that ends while the queue is full is dropped, and counted. `Batch::max_queue_bytes` limits the memory of the queue as well";
        BSP_MAX_EXPORT_BATCH_SIZE: "OTEL_BSP_MAX_EXPORT_BATCH_SIZE" = "512", "`512`, or the queue's size if less", "`span_batch`",
            "the greatest number of spans in one export, at most the queue's size. `Batch::max_export_batch_bytes` limits a request in bytes: by default 4 MiB for gRPC, 20 MiB for HTTP";
    }
    "Batches of log records (feature `logs`)" {
        BLRP_SCHEDULE_DELAY: "OTEL_BLRP_SCHEDULE_DELAY" = "1000", "`1000`", "`LogRecords::batch`",
            "as above, for log records";
        BLRP_EXPORT_TIMEOUT: "OTEL_BLRP_EXPORT_TIMEOUT" = "30000", "`30000`", "`LogRecords::batch`",
            "";
        BLRP_MAX_QUEUE_SIZE: "OTEL_BLRP_MAX_QUEUE_SIZE" = "2048", "`2048`", "`LogRecords::batch`",
            "";
        BLRP_MAX_EXPORT_BATCH_SIZE: "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE" = "512", "`512`, or the queue's size if less", "`LogRecords::batch`",
            "";
    }
    "Limits" {
        ATTRIBUTE_VALUE_LENGTH_LIMIT: "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT" = "4096", "no limit", "`limits`",
            "in characters: longer strings are cut off, each string of an array by itself; for spans, events, links and log records";
        ATTRIBUTE_COUNT_LIMIT: "OTEL_ATTRIBUTE_COUNT_LIMIT" = "128", "`128`", "`limits`",
            "the greatest number of attributes of a span, an event, a link or a log record, unless a variable below sets it; further attributes are dropped, and counted";
        SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT" = "4096", "the general limit", "`limits`",
            "in characters, for spans with their events and links";
        SPAN_ATTRIBUTE_COUNT_LIMIT: "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" = "128", "the general limit", "`limits`",
            "attributes of a span";
        SPAN_EVENT_COUNT_LIMIT: "OTEL_SPAN_EVENT_COUNT_LIMIT" = "128", "`128`", "`limits`",
            "events of a span";
        SPAN_LINK_COUNT_LIMIT: "OTEL_SPAN_LINK_COUNT_LIMIT" = "128", "`128`", "`limits`",
            "links of a span";
        EVENT_ATTRIBUTE_COUNT_LIMIT: "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT" = "128", "the general limit", "`limits`",
            "attributes of an event";
        LINK_ATTRIBUTE_COUNT_LIMIT: "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT" = "128", "the general limit", "`limits`",
            "attributes of a link";
        LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT" = "4096", "the general limit", "`limits`",
            "in characters, for log records (feature `logs`)";
        LOGRECORD_ATTRIBUTE_COUNT_LIMIT: "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT" = "128", "the general limit", "`limits`",
            "attributes of a log record (feature `logs`)";
    }
}

/// The same setting three times: for both signals, for spans, for log records. Their names are put together here:
/// `ENDPOINT` stands for `OTEL_EXPORTER_OTLP_ENDPOINT`, and the same with `TRACES_` and with `LOGS_`.
macro_rules! otlp {
    ($($id:ident: $name:literal = $example:literal, $default:literal, $in_code:literal, $meaning:literal;)*) => {
        $(
            pub(crate) static $id: PerSignal = PerSignal {
                general: Variable {
                    name: concat!("OTEL_EXPORTER_OTLP_", $name),
                    example: $example,
                    default: $default,
                    in_code: $in_code,
                    meaning: $meaning,
                },
                traces: Variable {
                    name: concat!("OTEL_EXPORTER_OTLP_TRACES_", $name),
                    example: $example,
                    default: concat!("`OTEL_EXPORTER_OTLP_", $name, "`"),
                    in_code: $in_code,
                    meaning: "for spans alone",
                },
                logs: Variable {
                    name: concat!("OTEL_EXPORTER_OTLP_LOGS_", $name),
                    example: $example,
                    default: concat!("`OTEL_EXPORTER_OTLP_", $name, "`"),
                    in_code: $in_code,
                    meaning: "for log records alone (feature `logs`)",
                },
            };
        )*

        #[cfg(test)]
        static OTLP: &[&PerSignal] = &[$(&$id),*];
    };
}

otlp! {
    OTLP_ENDPOINT: "ENDPOINT" = "http://localhost:4318", "`http://localhost:4318`, with gRPC `http://localhost:4317`", "`Otlp::endpoint`",
        "a collector's URL; `https` needs the feature `tls`, and counts as unset without it. `unix:/run/collector.sock` is a socket of this machine. Over HTTP `v1/traces` or `v1/logs` is appended to this URL, and nothing to the URLs of the next two variables";
    OTLP_PROTOCOL: "PROTOCOL" = "http/protobuf", "`http/protobuf`", "`Otlp::protocol`",
        "`grpc`, `http/protobuf` or `http/json`";
    OTLP_HEADERS: "HEADERS" = "api-key=..", "none", "`Otlp::header`",
        "headers of each export: `name=value,name=value`, percent-encoded; no message ever shows a value";
    OTLP_TIMEOUT: "TIMEOUT" = "10000", "`10000`", "`Otlp::timeout`",
        "in milliseconds, 0 is no limit: the time that one export may take, retries included";
    OTLP_COMPRESSION: "COMPRESSION" = "gzip", "`none`", "`Otlp::compression`",
        "`gzip` or `none`";
    OTLP_INSECURE: "INSECURE" = "true", "`false`", "the endpoint's scheme",
        "`true`: a gRPC endpoint without a scheme (`collector:4317`) is `http`; otherwise it is `https`";
    OTLP_CERTIFICATE: "CERTIFICATE" = "/etc/tls/ca.pem", "the system's roots", "`Otlp::certificate`",
        "a PEM file with the certificates to trust (feature `tls`)";
    OTLP_CLIENT_KEY: "CLIENT_KEY" = "/etc/tls/client.key", "none", "`Otlp::identity`",
        "a PEM file with the private key for mutual TLS (feature `tls`)";
    OTLP_CLIENT_CERTIFICATE: "CLIENT_CERTIFICATE" = "/etc/tls/client.pem", "none", "`Otlp::identity`",
        "a PEM file with the certificate chain of that key (feature `tls`)";
}

#[cfg(test)]
mod tests;
