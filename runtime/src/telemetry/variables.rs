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
            "`true`: nothing is built, functions have no spans; the propagators are installed all the same";
        LOG_LEVEL: "OTEL_LOG_LEVEL" = "warn", "`info`", "",
            "what telemetry says of itself on stderr: `none`, `error`, `warn`, `info` or `debug`. Warnings like those below are `warn`, `debug` says what all settings came to";
        CONFIG_FILE: "OTEL_CONFIG_FILE" = "/etc/otel/telemetry.yaml", "the other variables count", "`config_file`",
            "a file of declarative configuration, in YAML (feature `config-file`): none of the other `OTEL_*` variables counts then, but those that the file refers to. [What it may hold](config_file.md). A mistake in it is an error, with its line. Without the feature: a warning, and the other variables count";
        EXPERIMENTAL_CONFIG_FILE: "OTEL_EXPERIMENTAL_CONFIG_FILE" = "/etc/otel/telemetry.yaml", "", "",
            "the same, under its older name: a warning";
        SEMCONV_EXCEPTIONS: "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN" = "logs/dup", "events of spans", "`LogRecords::exceptions`",
            "`logs`: exceptions are log records instead of events (feature `logs`); `logs/dup`: both";
    }
    "Resource" {
        SERVICE_NAME: "OTEL_SERVICE_NAME" = "shop", "`service.name` of the next line, else your package, else `unknown_service:` and the executable", "`service_name`",
            "`service.name`";
        RESOURCE_ATTRIBUTES: "OTEL_RESOURCE_ATTRIBUTES" = "deployment.environment.name=staging,service.namespace=shops", "none", "`resource_attribute`",
            "`key=value,key=value`, percent-encoded; one mistake in it and none of it counts";
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
            "which part of all traces `traceidratio` and `parentbased_traceidratio` keep, from 0 to 1";
    }
    "Exporters" {
        TRACES_EXPORTER: "OTEL_TRACES_EXPORTER" = "otlp", "`otlp` if this or an endpoint below is set, even to what cannot be read; else, with the feature `console` and standard error a terminal, trees there; else a line that says that nobody gets the spans", "`otlp`, `console`, `otlp_stdout`, `no_exporter`, `span_exporter`",
            "where spans go, several between commas: `otlp`, `console` (trees on standard output, terminal or not; feature `console`), `otlp/stdout` (lines of OTLP JSON on standard output) or `none`. `zipkin`, `jaeger` and `logging` are not supported: a warning";
        LOGS_EXPORTER: "OTEL_LOGS_EXPORTER" = "otlp", "`console`, and `otlp` beside it if this or an endpoint below is set", "`LogRecords`",
            "where log records go (feature `logs`): `otlp`, `console` (lines on standard error), `otlp/stdout` (lines of OTLP JSON on standard output) or `none`, several between commas; `otlp` alone takes them off the terminal";
        HTML: "TRACED_HTML" = "target/traces.html", "none", "`html`",
            "a page that shows the traces of the process, as one HTML file: written at a flush, at the end and at a panic, beside whatever the exporters do. A path that ends in `.html` is the file; every other one is a folder, with a file for each process";
        FILE: "TRACED_FILE" = "spans.jsonl", "none", "`file`",
            "a file to which spans are appended as lines of OTLP JSON, beside whatever the exporters do; log records (feature `logs`) go to `spans.logs.jsonl`";
        FILE_MAX_BYTES: "TRACED_FILE_MAX_BYTES" = "104857600", "`104857600` (100 MiB)", "`OtlpFile::max_bytes`",
            "how many bytes such a file has before it is renamed to `spans.jsonl.1` and a new one is begun";
        FILE_KEEP: "TRACED_FILE_KEEP" = "3", "`3`", "`OtlpFile::keep`",
            "how many older files are kept";
        CODE_ATTRIBUTES: "TRACED_CODE_ATTRIBUTES" = "true", "`false`", "`code_attributes`",
            "`true`: each span of `traced` has `code.function.name`, `code.file.path` and `code.line.number`";
        METRICS: "TRACED_METRICS" = "true", "`false`", "`metrics`",
            "`true`: how long functions take, and what becomes of spans and log records, goes to the global meter provider (feature `metrics`). [What there is](metrics.md)";
        LOG_FORMAT: "TRACED_LOG_FORMAT" = "json", "`text`", "`LogRecords::console`",
            "how log records look on standard error (feature `logs`): `text`, `full` or `json`";
    }
    "Looking at the process" {
        POLL_TIMES: "TRACED_POLL_TIMES" = "true", "`false`", "`poll_times`",
            "`true`: spans of futures say for how long they were polled and for how long they waited, and a poll that takes too long is an event and a warning";
        LONG_POLL: "TRACED_LONG_POLL" = "10", "`10`", "`long_poll`",
            "in milliseconds: how long a poll takes that is too long";
        LIVE: "TRACED_LIVE" = "true", "`false`", "`live`",
            "`true`: open spans are kept for `traced::live()`, and said at a panic and at an end that passed its deadline";
        LONG_OPEN: "TRACED_LONG_OPEN" = "60000", "`60000` with trees, a page or open spans; else nothing is said", "`long_open`",
            "in milliseconds, 0 is never: how long a span without an open one above it is open before a message names its call site and says what to write; call sites whose spans start again and again below a span that has ended are named too";
        AUDIT: "TRACED_AUDIT" = "true", "`false`", "`audit`",
            "`true`: where spans lost their context is counted by call site, and said at the end";
    }
    "Proxies" {
        HTTP_PROXY: "HTTP_PROXY" = "http://proxy:3128", "no proxy", "",
            "the proxy in front of collectors with an `http` endpoint, also as `http_proxy`. The proxy itself is one of `http`; any other is a warning, and telemetry is sent without it. OTLP over HTTP is forwarded by the proxy, gRPC goes through a tunnel (`CONNECT`). There is no proxy in front of `localhost`, of addresses of the loopback, and of `unix:` endpoints";
        HTTPS_PROXY: "HTTPS_PROXY" = "http://proxy:3128", "no proxy", "",
            "the same for `https` endpoints, also as `https_proxy`; always a tunnel";
        ALL_PROXY: "ALL_PROXY" = "http://proxy:3128", "no proxy", "",
            "the same for the endpoints that the two lines above leave out, also as `all_proxy`";
        NO_PROXY: "NO_PROXY" = "collector.internal,10.0.0.0/8", "none", "",
            "hosts, domains and networks without a proxy in front of them, between commas, also as `no_proxy`";
    }
    "Spans on their way" {
        BSP_SCHEDULE_DELAY: "OTEL_BSP_SCHEDULE_DELAY" = "5000", "`5000`", "`span_batch`",
            "in milliseconds: how long ended spans wait for others to be exported with; 0 exports each at once";
        BSP_EXPORT_TIMEOUT: "OTEL_BSP_EXPORT_TIMEOUT" = "30000", "`30000`", "`span_batch`",
            "in milliseconds, 0 is no limit: what one export may take";
        BSP_MAX_QUEUE_SIZE: "OTEL_BSP_MAX_QUEUE_SIZE" = "2048", "`2048`", "`span_batch`",
            "how many spans wait at most; what ends while as many wait is dropped, and counted. Memory is taken by what waits, which `Batch::max_queue_bytes` bounds too";
        BSP_MAX_EXPORT_BATCH_SIZE: "OTEL_BSP_MAX_EXPORT_BATCH_SIZE" = "512", "`512`, or the queue's size if less", "`span_batch`",
            "how many spans are exported at once; at most the queue's size. What a request may hold in bytes is set by `Batch::max_export_batch_bytes`: unless set 4 MiB for gRPC, 20 MiB for HTTP";
    }
    "Log records on their way (feature `logs`)" {
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
            "in characters: longer texts are cut off, each text of an array for itself; of spans, events, links and log records";
        ATTRIBUTE_COUNT_LIMIT: "OTEL_ATTRIBUTE_COUNT_LIMIT" = "128", "`128`", "`limits`",
            "how many attributes a span, an event, a link or a log record has, where nothing below says otherwise; others are dropped, and counted";
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

/// The same setting three times: for both signals, for spans, for log records.
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
        "a collector's URL; `https` needs the feature `tls`, and counts as unset without it. `unix:/run/collector.sock` is a socket of this machine. Over HTTP `v1/traces` or `v1/logs` is added to it here, and nothing to those of the next two lines";
    OTLP_PROTOCOL: "PROTOCOL" = "http/protobuf", "`http/protobuf`", "`Otlp::protocol`",
        "`grpc`, `http/protobuf` or `http/json`";
    OTLP_HEADERS: "HEADERS" = "api-key=..", "none", "`Otlp::header`",
        "of each export: `name=value,name=value`, percent-encoded; no message ever shows a value";
    OTLP_TIMEOUT: "TIMEOUT" = "10000", "`10000`", "`Otlp::timeout`",
        "in milliseconds, 0 is no limit: what one export may take, with its retries";
    OTLP_COMPRESSION: "COMPRESSION" = "gzip", "`none`", "`Otlp::compression`",
        "`gzip` or `none`";
    OTLP_INSECURE: "INSECURE" = "true", "`false`", "the endpoint's scheme",
        "whether a gRPC endpoint without a scheme (`collector:4317`) is one of `http`; else it is one of `https`";
    OTLP_CERTIFICATE: "CERTIFICATE" = "/etc/tls/ca.pem", "the system's roots", "`Otlp::certificate`",
        "a PEM file with what to trust (feature `tls`)";
    OTLP_CLIENT_KEY: "CLIENT_KEY" = "/etc/tls/client.key", "none", "`Otlp::identity`",
        "a PEM file with the private key for mutual TLS (feature `tls`)";
    OTLP_CLIENT_CERTIFICATE: "CLIENT_CERTIFICATE" = "/etc/tls/client.pem", "none", "`Otlp::identity`",
        "a PEM file with the chain for it (feature `tls`)";
}

#[cfg(test)]
mod tests;
