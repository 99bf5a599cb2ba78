//! Log records of `tracing` and `log` with the ids of the spans they were made in.
//!
//! In most programs there is nothing to do: [`traced::init()`](crate::init()) installs a subscriber
//! for `tracing`, and a logger for `log`, if there is none yet.
//!
//! * `OTEL_LOGS_EXPORTER` says where records go. Without it: to standard error, behind the first digits of
//!   their trace, and to a collector too if there is an endpoint for one. `OTEL_LOGS_EXPORTER=otlp` takes
//!   them off the terminal, `none` does nothing with them.
//! * `RUST_LOG` says which records there are, in the directives of
//!   [`EnvFilter`](tracing_subscriber::filter::EnvFilter); without it, those from `info` on.
//! * `TRACED_LOG_FORMAT` says how they look on standard error: see [`Format`].
//!
//! A program with a subscriber of its own installs it before, and keeps it. It adds [`layer`] to
//! export, and [`text`] or [`json`] around its format to print the ids:
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
//! Whose ids? Those of the current OpenTelemetry context, which is the innermost span, be it ours
//! or one of `tracing` that tracing-opentelemetry made current.
//!
//! Lines on standard error are written by a thread of their own, as trees are: see [`console`](crate::console).
//!
//! What the exporter itself logs, and what its HTTP client logs on its behalf, is neither exported
//! nor printed: there is no way round in a circle.

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

/// How log records look on standard error: `TRACED_LOG_FORMAT=text`, `full` or `json`, unless
/// [`LogRecords::console`](crate::telemetry::LogRecords::console) says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// For people: a line each, the first digits of the trace in front.
    #[default]
    Text,
    /// Lines with `trace_id=.. span_id=.. trace_flags=..` in front, to be searched for.
    FullText,
    /// For machines: an object each, with `trace_id`, `span_id` and `trace_flags`.
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
/// It exports to the provider of `traced::init()` or [`set_logger_provider`], and waits for it:
/// the subscriber may be installed before. Filters of the subscriber hold; one that holds for
/// this layer only is put in with `with_filter`.
///
/// An event's message is the body of its record, its fields are attributes; its level is the
/// severity, its target the instrumentation scope, and its name, if it was given one
/// (`tracing::info!(name: "order.paid", ..)`), the event's.
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

/// A logger for `log` that exports what `inner` is enabled for, and hands it on to `inner`.
///
/// For a program that sets a logger of its own, before or after `traced::init()`:
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
/// A record's arguments are the body, its key-value pairs the attributes.
pub fn logger<L: log::Log>(inner: L) -> Logger<L> {
    Logger::new(inner)
}

/// A format of `tracing_subscriber::fmt` with the trace in front of every line: its first eight
/// digits, as the trees on the terminal have them, or blanks outside any span.
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
/// `traced::init()`. It is let go of when another one is set.
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

/// Sends exceptions to log records, or back to events of their spans.
///
/// `traced::init()` does what `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` says; this is for programs
/// that build their providers themselves. Set the logger provider first: without one, exceptions
/// stay where they are, so that none is lost.
///
/// The record is an event called `exception`, with the attributes that the span's event has, the
/// ids of the span, and the severity `ERROR`; `WARN` if it was given to
/// [`record_error`](crate::record_error), as the program dealt with it. Panics where no span is
/// current are records too. As with events, exceptions of spans that are not sampled are not
/// recorded.
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
