//! The builder of telemetry: its fields, and the setters for sampling, ids, limits, filters and shutdown.
//!
//! The other setters are in the folder `builder`.

mod export;
mod propagation;
mod resource;

use std::any::Any;
use std::fmt;
#[cfg(feature = "config-file")]
use std::path::PathBuf;
use std::time::Duration;

use opentelemetry::Value;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_sdk::trace::{
    IdGenerator, RandomIdGenerator, ShouldSample, SpanData, SpanProcessor,
};

use super::baggage::BaggageProcessor;
use super::batch::Batch;
use super::export::{BatchedSpans, Exporting, Finish};
use super::ids::Ids;
use super::limits::Limits;
use super::otlp::Otlp;
use super::otlp_file::OtlpFile;
use super::resource::Described;
use super::settings;
use super::watch::Watch;
use crate::Filter;
#[cfg(feature = "console")]
use crate::console::ConsoleProcessor;
use crate::html::Target;
use crate::recorder::Sampling;
use crate::redaction::Redaction;

/// The settings of telemetry in code: how spans are sampled, limited and exported, and how contexts are
/// propagated. [`init`](crate::init()) is for programs that leave all settings to the environment.
///
/// **Code beats the environment**, setting by setting, as the specification requires for the resource
/// and as OpenTelemetry's SDK does for the rest. A setting that is not made here is read from the environment, and one
/// that is not made there has the specification's default. There is one exception: if neither sets an exporter or
/// an endpoint, spans are printed on standard error if that is a terminal, and otherwise not exported. Two
/// settings come from the environment alone: whether telemetry is off (`OTEL_SDK_DISABLED`), and how much it logs
/// about itself (`OTEL_LOG_LEVEL`).
///
/// ```
/// use traced::telemetry::TelemetryBuilder;
///
/// # fn main() -> Result<(), traced::telemetry::InitError> {
/// let _telemetry = TelemetryBuilder::default().service_name("shop").init()?;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until `init` is called"]
pub struct TelemetryBuilder {
    pub(super) described: Described,
    pub(super) sampling: Option<Sampling>,
    pub(super) ids: Option<Ids>,
    pub(super) propagators: Option<Vec<Box<dyn TextMapPropagator + Send + Sync>>>,
    pub(super) processors: Vec<ProcessorConfig>,
    /// Whether the program has called `span_processor`.
    pub(super) has_processor: bool,
    /// `None` if no exporter is set in code.
    pub(super) exporters: Option<Vec<ExporterConfig>>,
    pub(super) span_batch: Batch,
    pub(super) limits: Limits,
    pub(super) filter: Option<Filter>,
    pub(super) deadline: Option<Duration>,
    pub(super) html: Option<Target>,
    pub(super) code_attributes: Option<bool>,
    #[cfg(feature = "metrics")]
    pub(super) metrics: Option<bool>,
    pub(super) file: Option<OtlpFile>,
    pub(super) redaction: Option<Redaction>,
    #[cfg(feature = "config-file")]
    pub(super) config_file: Option<PathBuf>,
    pub(super) watch: Watch,
    pub(super) parent_of_environment: bool,
    #[cfg(feature = "logs")]
    pub(super) log_records: super::log_records::LogRecords,
    #[cfg(all(feature = "signals", unix))]
    pub(super) flush_on_signals: bool,
}

/// A processor that is added in code.
pub(super) enum ProcessorConfig {
    Baggage(BaggageProcessor),
    #[cfg(feature = "console")]
    Console(ConsoleProcessor),
    /// A processor of the user's, which needs spans of the SDK's type.
    Own(Box<dyn SpanProcessor>),
}

impl ProcessorConfig {
    /// Always `Some`, as every processor is one of the three.
    fn of<P: SpanProcessor + 'static>(processor: P) -> Option<Self> {
        let mut processor = Some(processor);
        let baggage = taken_as(&mut processor).map(ProcessorConfig::Baggage);
        #[cfg(feature = "console")]
        let console = taken_as(&mut processor).map(ProcessorConfig::Console);
        #[cfg(not(feature = "console"))]
        let console = None;
        let own = processor.map(|own| ProcessorConfig::Own(Box::new(own)));
        baggage.or(console).or(own)
    }
}

/// The value, if its type is `Q`.
fn taken_as<P: 'static, Q: 'static>(value: &mut Option<P>) -> Option<Q> {
    let any: &mut dyn Any = value;
    any.downcast_mut::<Option<Q>>()?.take()
}

/// An exporter that is added in code.
pub(super) enum ExporterConfig {
    Otlp(Otlp),
    /// Lines on standard output.
    OtlpStdout,
    #[cfg(feature = "console")]
    Console(ConsoleProcessor),
    Own(OwnExporter),
    /// An exporter whose queue has settings of its own.
    #[cfg(feature = "config-file")]
    Batched(Box<ExporterConfig>, Batch),
}

/// Adds an exporter of the user's to the others. It is a closure, as `SpanExporter` is not dyn-compatible.
pub(super) type OwnExporter = Box<
    dyn FnOnce(&mut Exporting, settings::BatchSettings, Finish<SpanData>) -> BatchedSpans + Send,
>;

impl TelemetryBuilder {
    /// Sets the sampler. Otherwise it is the one in `OTEL_TRACES_SAMPLER`, by default
    /// `parentbased_always_on`: a trace is kept if its caller keeps it, or if it begins here.
    ///
    /// It may be any [`Sampler`](opentelemetry_sdk::trace::Sampler) of the SDK, a
    /// [`ProbabilitySampler`](super::ProbabilitySampler), or a sampler of your own.
    ///
    /// Specification: OpenTelemetry, *Tracing SDK*, "Sampling".
    ///
    /// ```
    /// use opentelemetry_sdk::trace::Sampler;
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let tenth = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.1)));
    /// let builder = TelemetryBuilder::default().sampler(tenth);
    /// # drop(builder);
    /// ```
    pub fn sampler(mut self, sampler: impl Into<Box<dyn ShouldSample>> + 'static) -> Self {
        self.sampling = Some(Sampling::new(sampler));
        self
    }

    /// Sets the generator of trace and span ids; by default ids are random.
    ///
    /// New traces with random ids have the random flag of W3C Trace Context level 2. They do not have it with
    /// a generator that is set here, nor with a [`span_processor`](Self::span_processor), as the SDK's provider does
    /// not set it.
    ///
    /// Specification: OpenTelemetry, *Tracing SDK*, "Id Generators".
    ///
    /// ```
    /// use opentelemetry_sdk::trace::RandomIdGenerator;
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().id_generator(RandomIdGenerator::default());
    /// # drop(builder);
    /// ```
    pub fn id_generator(mut self, ids: impl IdGenerator + 'static) -> Self {
        let any: &dyn Any = &ids;
        // The SDK's random generator is replaced by ours, whose ids are known to be random.
        self.ids = (!any.is::<RandomIdGenerator>()).then(|| Ids(Box::new(ids)));
        self
    }

    /// Sets whether spans of `traced` have the attributes of their source code: `code.function.name` (the path of the
    /// function with its crate, and with its type if that is known), `code.file.path` and `code.line.number` (of the
    /// attribute, or of the function in an annotated `impl`, trait or module). Otherwise
    /// `TRACED_CODE_ATTRIBUTES` decides; by default they do not.
    ///
    /// The attributes are set when a span starts, after the sampler was called; attributes that the function sets
    /// under one of these keys are kept. Spans that are started by hand or by `tracing` have none.
    ///
    /// Specification: semantic conventions, *Source code attributes*.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().code_attributes(true);
    /// # drop(builder);
    /// ```
    pub fn code_attributes(mut self, are_enabled: bool) -> Self {
        self.code_attributes = Some(are_enabled);
        self
    }

    /// Sets how log records are exported and printed.
    ///
    /// ```
    /// use traced::telemetry::{LogRecords, TelemetryBuilder};
    ///
    /// let builder = TelemetryBuilder::default().log_records(LogRecords::new().no_subscriber());
    /// # drop(builder);
    /// ```
    #[cfg(feature = "logs")]
    pub fn log_records(mut self, log_records: super::log_records::LogRecords) -> Self {
        self.log_records = log_records;
        self
    }

    /// Sets the limits of exported spans and log records (`OTEL_*_LIMIT`).
    ///
    /// ```
    /// use traced::telemetry::{Limits, TelemetryBuilder};
    ///
    /// let builder = TelemetryBuilder::default().limits(Limits::new().attribute_value_length(4096));
    /// # drop(builder);
    /// ```
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets which functions have spans. Otherwise `TRACED_FILTER` decides.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let off = "shop::db=off".parse()?;
    /// let _telemetry = TelemetryBuilder::default().filter(off).no_exporter().init()?;
    /// assert!(!traced::filter().is_on("shop::db::load"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Sets a hook that changes values before they leave the process: to exporters, the terminal, the page, or files.
    ///
    /// It is called with a key and the value, once for each
    /// * attribute of a span, of its events (including exceptions) and of its links,
    /// * description of an error status, with the key `exception.message`, as it is a copy of that,
    /// * body of a log record, with the key `body`, and each attribute of a log record (feature `logs`).
    ///
    /// If it changes an exception's message, the message is also replaced in the stack trace, which quotes it.
    /// Names of spans and events, keys, and the resource are not passed to it. Nor are headers, so do not put
    /// secrets in baggage. A sampler sees unredacted values, and so does a
    /// [`span_processor`](Self::span_processor) when a span starts.
    ///
    /// A [`span_processor`](Self::span_processor) makes this crate use the SDK's provider, with which the hook is called
    /// again for each exporter, processor, terminal or page.
    ///
    /// It runs on the thread that ends the span, and must not block. If it panics, the value is exported as
    /// `[redacted]`, and [`Report::masked`](super::Report::masked) counts it; with `panic = "abort"` a panic ends
    /// the program. Values in spans or log records that the hook itself makes are masked and
    /// counted too. A second call replaces the hook.
    ///
    /// ```
    /// use opentelemetry_sdk::trace::InMemorySpanExporter;
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let exported = InMemorySpanExporter::default();
    /// let telemetry = TelemetryBuilder::default()
    ///     .redact(|key, value| {
    ///         if key == "card.number" {
    ///             *value = "****".into();
    ///         }
    ///     })
    ///     .span_exporter(exported.clone())
    ///     .init()?;
    /// traced::span!("pay", card.number = "4711", {});
    /// telemetry.force_flush();
    /// assert_eq!(exported.get_finished_spans()?[0].attributes[0].value, "****".into());
    /// # Ok(())
    /// # }
    /// ```
    pub fn redact(mut self, hook: impl Fn(&str, &mut Value) + Send + Sync + 'static) -> Self {
        self.redaction = Some(Redaction::new(hook));
        self
    }

    /// Sets a file of declarative configuration in YAML, which replaces all `OTEL_*` variables: they are ignored,
    /// except where the file refers to one (`${OTEL_SERVICE_NAME:-shop}`). Otherwise `OTEL_CONFIG_FILE` names
    /// the file. Other settings in code beat those in the file; `TRACED_*` variables still apply.
    ///
    /// The parts of version 1 that concern traces, log records, the resource and propagators are supported; sections
    /// about metrics and instrumentation are ignored. Anything else that is not supported is an error of
    /// [`init`](Self::init) that names the line. `docs/config_file.md` lists the details.
    ///
    /// Specification: OpenTelemetry, *Declarative configuration*.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let path = std::env::temp_dir().join(format!("traced-config-{}.yaml", std::process::id()));
    /// std::fs::write(&path, "
    /// file_format: '1.0'
    /// propagator: { composite: [ tracecontext:, baggage: ] }
    /// tracer_provider:
    ///   processors: [ simple: { exporter: { console: } } ]
    ///   sampler: { parent_based: { root: { trace_id_ratio_based: { ratio: 0.1 } } } }
    /// ")?;
    /// let _telemetry = TelemetryBuilder::default().config_file(&path).init()?;
    /// # std::fs::remove_file(path)?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "config-file")]
    pub fn config_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.config_file = Some(path.into());
        self
    }

    /// Sets how long a flush and the shutdown may take, by default 5 seconds.
    ///
    /// ```
    /// use std::time::Duration;
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().shutdown_deadline(Duration::from_secs(2));
    /// # drop(builder);
    /// ```
    pub fn shutdown_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Flushes on SIGTERM, SIGINT and SIGHUP, within the deadline, and then lets the signal take
    /// its default action, which ends the process. Process 1 of a container, for which there is
    /// no default action, ends with the usual exit status (143, 130, 129).
    ///
    /// This is for programs that do not handle these signals themselves. A program that does (`tokio::signal`, axum's
    /// graceful shutdown, `signal-hook`, `ctrlc`) drops the guard at the end of `main` and does not need
    /// it. A signal that is ignored when `init` is called stays ignored. A handler that is installed before `init`
    /// still runs, and determines what becomes of the process: `traced` only flushes (on Linux; elsewhere it
    /// cannot detect such a handler). A handler that is installed later through `tokio::signal` or
    /// `signal-hook` runs too, but the process ends after the flush; one that replaces the handler of `traced`
    /// (`ctrlc`) decides alone. During a flush, a second signal acts at once.
    ///
    /// It starts a thread that runs to the end of the process.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().flush_on_signals();
    /// # drop(builder);
    /// ```
    #[cfg(all(feature = "signals", unix))]
    pub fn flush_on_signals(mut self) -> Self {
        self.flush_on_signals = true;
        self
    }
}

impl fmt::Debug for TelemetryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBuilder").finish_non_exhaustive()
    }
}
