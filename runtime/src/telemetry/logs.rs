//! Log records of `tracing` and `log` with the ids of the spans in which they were made.
//!
//! Most programs need no code for it: [`traced::init()`](crate::init()) installs a subscriber
//! for `tracing`, and a logger for `log`, if there is none yet.
//!
//! * `OTEL_LOGS_EXPORTER` sets the exporters. Without it, records are printed on standard error, each with the first
//!   digits of its trace id in front, and also sent to a collector if an endpoint is set. With
//!   `OTEL_LOGS_EXPORTER=otlp` they are only sent, with `none` neither.
//! * `RUST_LOG` filters records with the directives of
//!   [`EnvFilter`](tracing_subscriber::filter::EnvFilter); without it, the level is `info`.
//! * `TRACED_LOG_FORMAT` sets the format on standard error: see [`Format`].
//!
//! A program that has a subscriber of its own installs it before `traced::init()`. It adds [`layer`] to
//! export records, and wraps its format with [`text`] or [`json`] to print the ids:
//!
//! ```
//! use tracing_subscriber::prelude::*;
//!
//! tracing_subscriber::registry()
//!     .with(tracing_subscriber::fmt::layer().map_event_format(traced::logs::text))
//!     .with(traced::logs::layer())
//!     .init();
//! // let _telemetry = traced::init()?;
//! ```
//!
//! The ids are those of the current OpenTelemetry context: of the innermost span, either of this crate or of `tracing`
//! if tracing-opentelemetry made it current.
//!
//! A thread of this crate writes the lines on standard error, as it writes trees: see [`console`](crate::console).
//!
//! Records of the exporter itself, and of its HTTP client, are neither exported nor printed, as each export would cause
//! further records.

mod bridge;
mod exceptions;
mod format;
mod install;
mod late;
mod limits;
mod redacted;

use opentelemetry_sdk::logs::SdkLoggerProvider;

pub use self::bridge::{Layer, Logger};
pub use self::format::{Json, Text};
pub(crate) use self::install::{LogPipeline, abandon, install, uninstall};
pub(crate) use self::limits::apply as apply_limits;
pub use crate::exception::Exceptions;
use crate::telemetry::environment::{Environment, Keyword, Keywords};
use crate::telemetry::variables::LOG_FORMAT;

/// The format of log records on standard error: `TRACED_LOG_FORMAT=text`, `full` or `json`, unless
/// [`LogRecords::console`](crate::telemetry::LogRecords::console) sets it.
///
/// ```
/// use traced::logs::Format;
/// use traced::telemetry::{LogRecords, TelemetryBuilder};
///
/// let builder = TelemetryBuilder::default().log_records(LogRecords::new().console(Format::Json));
/// # drop(builder);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// For people: one line per record, with the first digits of the trace id in front.
    #[default]
    Text,
    /// Lines with `trace_id=.. span_id=.. trace_flags=..` in front, for searches by id.
    FullText,
    /// For machines: one JSON object per record, with `trace_id`, `span_id` and `trace_flags`.
    ///
    /// Specification: OpenTelemetry, *Trace Context in non-OTLP Log Formats*.
    Json,
}

static FORMATS: &Keywords<Format> = &[
    ("text", Keyword::Is(Format::Text)),
    ("full", Keyword::Is(Format::FullText)),
    ("json", Keyword::Is(Format::Json)),
];

impl Format {
    pub(crate) fn of_environment(environment: &mut Environment) -> Self {
        let format = environment.keyword(&LOG_FORMAT, FORMATS);
        format.unwrap_or_default()
    }
}

/// A layer for a subscriber of your own that exports its events.
///
/// It exports to the provider of `traced::init()` or [`set_logger_provider`], which may come after
/// the subscriber is installed. Filters of the subscriber apply; `with_filter` adds a filter for
/// this layer only.
///
/// The message of an event becomes the body of the record, its fields become attributes, its level the
/// severity, its target the instrumentation scope, and its name, if the program sets one
/// (`tracing::info!(name: "order.paid", ..)`), the event name.
///
/// Specification: OpenTelemetry, *Logs Data Model*.
///
/// ```
/// use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
/// use tracing_subscriber::prelude::*;
///
/// let exporter = InMemoryLogExporter::default();
/// let provider = SdkLoggerProvider::builder().with_simple_exporter(exporter.clone()).build();
/// traced::logs::set_logger_provider(provider);
///
/// #[traced::traced]
/// fn pay(order: u64) -> String {
///     tracing::info!(order, "paid");
///     traced::current().trace_id().to_string()
/// }
///
/// let subscriber = tracing_subscriber::registry().with(traced::logs::layer());
/// let (trace, _) = tracing::subscriber::with_default(subscriber, || {
///     traced::testing::capture(|| pay(7))
/// });
/// let record = &exporter.get_emitted_logs().unwrap()[0].record;
/// assert_eq!(record.trace_context().unwrap().trace_id.to_string(), trace);
/// ```
pub fn layer() -> Layer {
    Layer::new()
}

/// A logger for `log` that exports the records for which `inner` is enabled, and passes them on to `inner`.
///
/// It is for programs that set a logger of their own, before or after `traced::init()`:
///
/// ```
/// # struct Yours;
/// # impl log::Log for Yours {
/// #     fn enabled(&self, _: &log::Metadata<'_>) -> bool { true }
/// #     fn log(&self, _: &log::Record<'_>) {}
/// #     fn flush(&self) {}
/// # }
/// // `env_logger::Builder::from_default_env().build()`, for example
/// log::set_boxed_logger(Box::new(traced::logs::logger(Yours))).unwrap();
/// log::set_max_level(log::LevelFilter::Info);
/// ```
///
/// The message of a record becomes the body, its key-value pairs become attributes.
pub fn logger<L: log::Log>(inner: L) -> Logger<L> {
    Logger::new(inner)
}

/// A format of `tracing_subscriber::fmt` with the first eight digits of the trace id in front of every line, as in the
/// trees on the terminal, or blanks outside of any span.
///
/// ```
/// let subscriber = tracing_subscriber::fmt().map_event_format(traced::logs::text);
/// // 1545beb7 2026-11-21T04:00:00.000000Z  INFO shop: paid order=7
/// # let _ = subscriber.finish();
/// ```
pub fn text<F>(format: F) -> Text<F> {
    Text::new(format)
}

/// A format of `tracing_subscriber::fmt` that writes JSON, with `trace_id`, `span_id` and
/// `trace_flags` as the first members of each object, if a span is current.
///
/// Specification: OpenTelemetry, *Trace Context in non-OTLP Log Formats*.
///
/// ```
/// let subscriber = tracing_subscriber::fmt().json().map_event_format(traced::logs::json);
/// // {"trace_id":"1545beb7..","span_id":"..","trace_flags":"03","timestamp":..}
/// # let _ = subscriber.finish();
/// ```
pub fn json<F>(format: F) -> Json<F> {
    Json::new(format)
}

/// Exports log records through a provider that you built yourself, instead of that of
/// `traced::init()`. It replaces the provider that was set before.
///
/// ```
/// use opentelemetry_sdk::logs::SdkLoggerProvider;
///
/// let provider = SdkLoggerProvider::builder().build();
/// traced::logs::set_logger_provider(provider.clone());
/// // ... the program ...
/// provider.shutdown().unwrap();
/// ```
pub fn set_logger_provider(provider: SdkLoggerProvider) {
    late::set(Some(&provider));
}

/// Sets whether exceptions become log records or events of their spans.
///
/// `traced::init()` reads `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` instead; this is for programs
/// that build their providers themselves. Set the logger provider first: without one, exceptions
/// stay events of spans, so that none is lost.
///
/// The record is an event called `exception`, with the attributes of the span event, the
/// ids of the span, and the severity `ERROR`, or `WARN` for
/// [`record_error`](crate::record_error), as the program has handled the error. Panics outside of any span
/// become records too. Exceptions of spans that are not sampled are not
/// recorded, in either form.
///
/// ```
/// use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
/// use traced::logs::Exceptions;
///
/// let exporter = InMemoryLogExporter::default();
/// let provider = SdkLoggerProvider::builder().with_simple_exporter(exporter.clone()).build();
/// traced::logs::set_logger_provider(provider);
/// traced::logs::set_exceptions(Exceptions::Logs);
///
/// #[traced::traced]
/// fn port(text: &str) -> Result<u16, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// let (_, spans) = traced::testing::capture(|| port("http"));
/// assert!(spans.named("port").exceptions().is_empty());
/// let record = &exporter.get_emitted_logs().unwrap()[0].record;
/// assert_eq!(record.event_name(), Some("exception"));
/// assert_eq!(record.trace_context().unwrap().span_id, spans.named("port").id());
/// ```
pub fn set_exceptions(to: Exceptions) {
    install::set_exceptions(to);
}
