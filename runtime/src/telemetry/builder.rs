//! What a program says of its telemetry in code.

use std::any::Any;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_sdk::resource::ResourceDetector;
use opentelemetry_sdk::trace::{
    IdGenerator, RandomIdGenerator, ShouldSample, SpanData, SpanExporter, SpanProcessor,
};

use super::baggage::BaggageProcessor;
use super::batch::Batch;
use super::export::{BatchedSpans, Exporting, Finish};
use super::ids::Ids;
use super::limits::Limits;
use super::otlp::Otlp;
use super::otlp_file::OtlpFile;
use super::propagators::Propagator;
use super::resource::{self, Described};
use super::settings;
use super::watch::Watch;
use crate::Filter;
#[cfg(feature = "console")]
use crate::console::ConsoleProcessor;
use crate::html::Target;
use crate::recorder::Sampling;
use crate::redaction::Redaction;

/// Telemetry of a process, as code sets it: how spans are sampled, limited, exported, and how contexts
/// travel. [`init`](crate::init()) is for programs that leave all that to the environment.
///
/// **Code beats the environment**, setting by setting, as the specification has it for the resource
/// and as OpenTelemetry's SDK does for the rest. What is not set here is up to the environment, and
/// what is not set there has the specification's default, but for one: where nothing is said of exporters and
/// endpoints, spans are printed on standard error if that is a terminal, and go nowhere otherwise. Two things the environment decides alone: that
/// telemetry is off (`OTEL_SDK_DISABLED`), and how much is said of it (`OTEL_LOG_LEVEL`).
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
    /// One of them is the program's own.
    pub(super) has_processor: bool,
    /// `None` where nothing was said.
    pub(super) exporters: Option<Vec<ExporterConfig>>,
    pub(super) span_batch: Batch,
    pub(super) limits: Limits,
    pub(super) filter: Option<Filter>,
    pub(super) deadline: Option<Duration>,
    pub(super) html: Option<Target>,
    pub(super) code_attributes: Option<bool>,
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

/// A processor in code.
pub(super) enum ProcessorConfig {
    Baggage(BaggageProcessor),
    #[cfg(feature = "console")]
    Console(ConsoleProcessor),
    /// Of the user's own: it needs spans of the SDK.
    Own(Box<dyn SpanProcessor>),
}

impl ProcessorConfig {
    /// `None` never: it is one of the three.
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

/// An exporter in code.
pub(super) enum ExporterConfig {
    Otlp(Otlp),
    /// Lines on standard output.
    OtlpStdout,
    #[cfg(feature = "console")]
    Console(ConsoleProcessor),
    Own(OwnExporter),
    /// With a queue of its own settings.
    #[cfg(feature = "config-file")]
    Batched(Box<ExporterConfig>, Batch),
}

/// Adds an exporter of the user's own, whose trait makes no objects, to the others.
pub(super) type OwnExporter = Box<
    dyn FnOnce(&mut Exporting, settings::BatchSettings, Finish<SpanData>) -> BatchedSpans + Send,
>;

impl TelemetryBuilder {
    /// `service.name`: `OTEL_SERVICE_NAME`, or that of `OTEL_RESOURCE_ATTRIBUTES`, unless set. Where
    /// those are not set either: [`package`](Self::package), else the package that `cargo run` and
    /// `cargo test` name, else `unknown_service:` and the executable's name.
    pub fn service_name(self, name: impl Into<String>) -> Self {
        self.resource_attribute(resource::SERVICE_NAME, name.into())
    }

    /// `service.version`; unless set, that of the package, if it is known.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().service_version("1.2.0");
    /// # drop(builder);
    /// ```
    pub fn service_version(self, version: impl Into<String>) -> Self {
        self.resource_attribute(resource::SERVICE_VERSION, version.into())
    }

    /// `service.namespace`: a name for services that belong together.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().service_namespace("shops");
    /// # drop(builder);
    /// ```
    pub fn service_namespace(self, namespace: impl Into<String>) -> Self {
        self.resource_attribute(resource::SERVICE_NAMESPACE, namespace.into())
    }

    /// `service.instance.id`: which of several processes of the service this is.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().service_instance_id("till-3");
    /// # drop(builder);
    /// ```
    pub fn service_instance_id(self, id: impl Into<String>) -> Self {
        self.resource_attribute(resource::SERVICE_INSTANCE_ID, id.into())
    }

    /// `deployment.environment.name`: `staging`, `production`.
    pub fn deployment_environment(self, name: impl Into<String>) -> Self {
        self.resource_attribute(resource::DEPLOYMENT_ENVIRONMENT, name.into())
    }

    /// What all spans of this process have in common.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().resource_attribute("cloud.region", "eu-central-1");
    /// # drop(builder);
    /// ```
    pub fn resource_attribute(mut self, key: impl Into<Key>, value: impl Into<Value>) -> Self {
        self.described.attributes.push(KeyValue::new(key, value));
        self
    }

    /// The program's package, for `service.name` and `service.version` where nothing else names
    /// them: weaker than the environment. [`init!`](crate::init!) calls it.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().package(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    /// # drop(builder);
    /// ```
    pub fn package(mut self, name: &'static str, version: &'static str) -> Self {
        self.described.package = Some((name, version));
        self
    }

    /// Attributes of the resource that are found out when the process starts; weaker than the
    /// environment, and the later of two is the stronger.
    ///
    /// ```
    /// use opentelemetry::KeyValue;
    /// use opentelemetry_sdk::Resource;
    /// use opentelemetry_sdk::resource::ResourceDetector;
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// struct Region;
    ///
    /// impl ResourceDetector for Region {
    ///     fn detect(&self) -> Resource {
    ///         let region = std::env::var("REGION").unwrap_or_default();
    ///         Resource::builder_empty().with_attribute(KeyValue::new("cloud.region", region)).build()
    ///     }
    /// }
    ///
    /// let builder = TelemetryBuilder::default().detector(Region);
    /// # drop(builder);
    /// ```
    pub fn detector(mut self, detector: impl ResourceDetector + 'static) -> Self {
        self.described.detectors.push(Box::new(detector));
        self
    }

    /// What `opentelemetry-resource-detectors` finds of operating system, host, process, container,
    /// Kubernetes, and an id for this instance.
    ///
    /// Without `process.command_args`, which may hold passwords; for that, add
    /// `opentelemetry_resource_detectors::ProcessResourceDetector` as a [`detector`](Self::detector).
    /// Runs `hostname` once.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().detectors();
    /// # drop(builder);
    /// ```
    #[cfg(feature = "detectors")]
    pub fn detectors(mut self) -> Self {
        self.described.detectors.extend(resource::all_detectors());
        self
    }

    /// Which traces are kept; what `OTEL_TRACES_SAMPLER` says unless set, and by default all whose
    /// caller keeps them.
    ///
    /// Any [`Sampler`](opentelemetry_sdk::trace::Sampler) of the SDK, a
    /// [`ProbabilitySampler`](super::ProbabilitySampler), or one of your own.
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

    /// Where ids come from; random ones unless set.
    ///
    /// New traces have the random flag of W3C Trace Context level 2 if their ids are random: those of a generator
    /// of your own do not have it, nor do those of a process with a [`span_processor`](Self::span_processor), as the
    /// SDK does not set it.
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
        // The SDK's random ones are ours: known to be random, which other generators do not say.
        self.ids = (!any.is::<RandomIdGenerator>()).then(|| Ids(Box::new(ids)));
        self
    }

    /// Which headers carry contexts, in this order; what `OTEL_PROPAGATORS` says unless set, and by
    /// default W3C's two. An empty list leaves the process's propagator as it is.
    ///
    /// Specification: OpenTelemetry, *Context*, "Propagators Distribution".
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use traced::telemetry::{Propagator, TelemetryBuilder};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let _telemetry = TelemetryBuilder::default().propagators([Propagator::B3]).no_exporter().init()?;
    /// let mut headers: HashMap<String, String> = HashMap::new();
    /// traced::span!("send", { traced::inject(&mut headers) });
    /// assert!(headers.contains_key("b3"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn propagators(mut self, propagators: impl IntoIterator<Item = Propagator>) -> Self {
        let mut chosen: Vec<Propagator> = Vec::new();
        for propagator in propagators {
            if !chosen.contains(&propagator) {
                chosen.push(propagator);
            }
        }
        let ours = self.propagators.get_or_insert_default();
        ours.extend(chosen.into_iter().map(Propagator::boxed));
        self
    }

    /// A propagator of your own, beside those of [`propagators`](Self::propagators); those of the
    /// environment do not count any more.
    ///
    /// ```
    /// use traced::opentelemetry::global::get_text_map_propagator;
    /// use traced::propagation::BaggagePropagator;
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let baggage = BaggagePropagator::new();
    /// let _telemetry = TelemetryBuilder::default().propagator(baggage).no_exporter().init()?;
    /// let fields: Vec<String> = get_text_map_propagator(|all| all.fields().map(str::to_owned).collect());
    /// assert_eq!(fields, ["baggage"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn propagator(
        mut self,
        propagator: impl TextMapPropagator + Send + Sync + 'static,
    ) -> Self {
        let ours = self.propagators.get_or_insert_default();
        ours.push(Box::new(propagator));
        self
    }

    /// A span processor of your own, in front of all exporters and behind those that were added
    /// before. Exporters are still up to the environment.
    ///
    /// What it sets when a span starts is exported. When a span ends it gets it as it is exported:
    /// limits applied, each key once; changes that it makes then are its own.
    ///
    /// Spans cost about twice as much with a processor of your own: it is lent spans of the SDK's own type
    /// when they start, so the SDK's provider is installed, and ours is not. For a processor that only wants
    /// ended spans, write a [`span_exporter`](Self::span_exporter).
    ///
    /// Specification: OpenTelemetry, *Tracing SDK*, "Span processor".
    ///
    /// ```
    /// use opentelemetry_sdk::trace::{InMemorySpanExporter, SimpleSpanProcessor};
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let ended = InMemorySpanExporter::default();
    /// let processor = SimpleSpanProcessor::new(ended.clone());
    /// let _telemetry = TelemetryBuilder::default().span_processor(processor).no_exporter().init()?;
    /// traced::span!("work", {});
    /// assert_eq!(ended.get_finished_spans()?[0].name, "work");
    /// # Ok(())
    /// # }
    /// ```
    pub fn span_processor(mut self, processor: impl SpanProcessor + 'static) -> Self {
        self.processors.extend(ProcessorConfig::of(processor));
        self.has_processor = true;
        self
    }

    /// Copies those entries of the baggage to each span whose key `is_wanted`: a
    /// [`BaggageProcessor`], in front of whatever is added later.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().baggage_attributes(|key| key == "tenant");
    /// # drop(builder);
    /// ```
    pub fn baggage_attributes(
        mut self,
        is_wanted: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        let baggage = BaggageProcessor::new(is_wanted);
        self.processors.push(ProcessorConfig::Baggage(baggage));
        self
    }

    /// Whether each span of `traced` says which code it is of: `code.function.name` (the path of the function
    /// from its crate on, with its type where that is known), `code.file.path` and `code.line.number` (of the
    /// attribute; in an annotated `impl`, trait or module of the function). Unless set,
    /// `TRACED_CODE_ATTRIBUTES` says so, and without it they are not there.
    ///
    /// They are set where a span starts, after the sampler was asked; what a function says of itself under one
    /// of these keys stays. Spans that were started by hand or by `tracing` have none.
    ///
    /// Specification: semantic conventions, *Source code attributes*.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().code_attributes(true);
    /// # drop(builder);
    /// ```
    pub fn code_attributes(mut self, are_wanted: bool) -> Self {
        self.code_attributes = Some(are_wanted);
        self
    }

    /// Exports to a collector.
    ///
    /// The first of `otlp`, `console`, [`span_exporter`](Self::span_exporter) and
    /// [`no_exporter`](Self::no_exporter) takes the choice from the environment, each other one adds
    /// to it. Log records go to the same collectors and stay on the terminal, unless something else is said
    /// of them.
    pub fn otlp(self, otlp: Otlp) -> Self {
        self.exporter(ExporterConfig::Otlp(otlp))
    }

    /// Prints spans as trees (feature `console`), on standard error unless the processor says otherwise, be
    /// that a terminal or not.
    ///
    /// ```
    /// use traced::console::ConsoleProcessor;
    /// use traced::telemetry::{Otlp, TelemetryBuilder};
    ///
    /// let both = TelemetryBuilder::default()
    ///     .otlp(Otlp::new())
    ///     .console(ConsoleProcessor::new());
    /// # drop(both);
    /// ```
    #[cfg(feature = "console")]
    pub fn console(self, console: ConsoleProcessor) -> Self {
        self.exporter(ExporterConfig::Console(console))
    }

    /// Writes a page that shows the traces of this process, as one HTML file that needs nothing else. Unless set,
    /// `TRACED_HTML` says whether there is one, and where.
    ///
    /// A `path` that ends in `.html` is the file; every other one is a folder, in which each process has a file of
    /// its own. The page is written when telemetry is flushed and when it ends, and at a panic, with the spans that
    /// were open then; the file is replaced in one step. With the feature `logs` it has the log records of
    /// each span. It holds what is exported, within the same limits, and at most 64 MiB of spans: the oldest give
    /// way, and the page says how many. Exporters are still up to the builder or the environment.
    ///
    /// A file that cannot be written is a warning on stderr.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = std::env::temp_dir().join(format!("traced-html-{}", std::process::id()));
    /// # let path = folder.join("traces.html");
    /// let telemetry = TelemetryBuilder::default().html(&path).no_exporter().init()?;
    /// traced::span!("work", {});
    /// telemetry.shutdown();
    /// assert!(std::fs::read_to_string(&path)?.contains(r#""name":"work""#));
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn html(mut self, path: impl Into<PathBuf>) -> Self {
        self.html = Some(Target::of(path));
        self
    }

    /// An exporter of your own, which gets batches on a thread of its own, outside of any runtime: it
    /// may block, and an exporter that needs an asynchronous runtime brings it along.
    ///
    /// Its spans are in the [`Report`](crate::telemetry::Report): they have failed where it returns an error,
    /// panics, or takes longer than a batch may ([`Batch::export_timeout`]). After a panic it gets
    /// the next batch all the same.
    ///
    /// ```
    /// use opentelemetry_sdk::trace::InMemorySpanExporter;
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let exporter = InMemorySpanExporter::default();
    /// let telemetry = TelemetryBuilder::default().span_exporter(exporter.clone()).init()?;
    /// traced::span!("work", {});
    /// telemetry.force_flush();
    /// assert_eq!(exporter.get_finished_spans()?[0].name, "work");
    /// # Ok(())
    /// # }
    /// ```
    pub fn span_exporter(self, exporter: impl SpanExporter + 'static) -> Self {
        self.exporter(ExporterConfig::Own(Box::new(
            move |exporting, batch, finish| exporting.own(exporter, batch, finish),
        )))
    }

    /// Exports no spans, whatever the environment says, but for those added beside.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let telemetry = TelemetryBuilder::default().no_exporter().init()?;
    /// assert!(telemetry.shutdown().exporters.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn no_exporter(mut self) -> Self {
        self.exporters.get_or_insert_default();
        self
    }

    pub(super) fn exporter(mut self, exporter: ExporterConfig) -> Self {
        self.exporters.get_or_insert_default().push(exporter);
        self
    }

    /// How spans wait for their export (`OTEL_BSP_*`).
    pub fn span_batch(mut self, batch: Batch) -> Self {
        self.span_batch = batch;
        self
    }

    /// What becomes of log records.
    #[cfg(feature = "logs")]
    pub fn log_records(mut self, log_records: super::log_records::LogRecords) -> Self {
        self.log_records = log_records;
        self
    }

    /// How much of a span, or a log record, is exported (`OTEL_*_LIMIT`).
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Which functions have spans; what `TRACED_FILTER` says unless set.
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

    /// A hook that changes values before they leave the process: to exporters, the terminal, the page, files.
    ///
    /// It is called with a key and the value, once for each
    /// * attribute of a span, of its events (exceptions among them) and of its links,
    /// * description of an error status, as `exception.message`, of which it is a copy,
    /// * body of a log record, as `body`, and each of its attributes (feature `logs`).
    ///
    /// Where it changes an exception's message, the message is also replaced where the stack trace quotes it.
    /// Names of spans and events, keys, and the resource are not given to it; headers neither, so do not put
    /// secrets in baggage. A sampler sees values as the program gave them, and so does a
    /// [`span_processor`](Self::span_processor) when a span starts.
    ///
    /// It runs on the thread where a span ends, and must not block. A value over which it panics leaves as
    /// `[redacted]`, and [`Report::masked`](super::Report::masked) counts it; with `panic = "abort"` a panic ends
    /// the program. A value that the hook makes itself, in a span or a log record of its own, is masked and
    /// counted, too. The later of two
    /// hooks replaces the earlier.
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

    /// Makes the span in the environment of this process (`TRACEPARENT`, `TRACESTATE`), if there is one, the
    /// parent of every span that would be a root, and passes on its `BAGGAGE`: for command-line tools, jobs and
    /// steps of a build, which belong to the trace of whoever started them.
    ///
    /// Not for servers: all of their requests would be one trace. Only where a program asks for it, as the
    /// sampler then follows the decision of the parent, and a build server may set `TRACEPARENT` for everything that
    /// it starts. `#[traced(root)]` and a task with `#[traced_spawn(link)]` begin a trace of their own all the same.
    /// A `TRACEPARENT` that cannot be read is a warning, and there is no parent.
    ///
    /// [`Environment`](crate::propagation::Environment) reads the same for a single span, and `inject = command`
    /// writes it for the processes that this one starts.
    ///
    /// Specification: OpenTelemetry, *Environment Variables as Context Propagation Carriers*.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().parent_of_environment();
    /// # drop(builder);
    /// ```
    pub fn parent_of_environment(mut self) -> Self {
        self.parent_of_environment = true;
        self
    }

    /// A file of declarative configuration, in YAML, which stands for all `OTEL_*` variables: none of them counts
    /// then, but where the file refers to one (`${OTEL_SERVICE_NAME:-shop}`). Unless set, `OTEL_CONFIG_FILE` names
    /// the file. What else is said in code is stronger than what is in the file; `TRACED_*` variables still count.
    ///
    /// Read are the parts of version 1 that concern traces, log records, the resource and propagators; sections of
    /// metrics and instrumentation are left to others. What else cannot be done as it is written is an error of
    /// [`init`](Self::init) that names the line. `docs/config_file.md` lists it all.
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

    /// How long a flush, and the end of telemetry, may take; 5 seconds unless set.
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

    /// On SIGTERM, SIGINT and SIGHUP, flushes, at most for the deadline, and then lets the signal do
    /// what it does: by default, end the process. As process 1 of a container, for which the system has
    /// no default, it ends with the status that shells have for it (143, 130, 129).
    ///
    /// For programs that do not handle these signals themselves. One that does (`tokio::signal`, axum's
    /// graceful shutdown, `signal-hook`, `ctrlc`) drops the guard at the end of `main`, and leaves this
    /// out. A signal that is ignored when `init` runs stays ignored. A handler that is there by then
    /// still runs, and decides what becomes of the process: we only flush (on Linux; elsewhere we
    /// cannot see that there is one). One that is installed later through `tokio::signal` or
    /// `signal-hook` runs too, but the process ends after the flush; one that replaces ours (`ctrlc`)
    /// decides alone. During a flush, a second signal acts at once.
    ///
    /// Starts a thread, to the end of the process.
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
