//! Installs a subscriber and a logger if there are none, and prints hints if there are.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry_sdk::logs::SdkLoggerProvider;
use tracing::level_filters::LevelFilter;
use tracing_log::LogTracer;
use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer as _, fmt};

use super::bridge::{Layer, Logger};
use super::format::{Fields, Objects};
use super::{Format, exceptions, late, redacted};
use crate::exception::{self, Exceptions};
use crate::printer::Stream;
use crate::redaction::Redaction;
use crate::self_log::{self, Level};

/// The settings and parts with which log records are exported and printed.
#[derive(Debug, Default)]
pub(crate) struct LogPipeline {
    /// The provider that exports them.
    pub(crate) provider: Option<SdkLoggerProvider>,
    /// The format in which they are printed on stderr.
    pub(crate) terminal: Option<Format>,
    /// The destination of exceptions.
    pub(crate) exceptions: Exceptions,
    /// Whether a subscriber, and a logger for `log`, may be installed.
    pub(crate) may_install: bool,
    /// Applied to each record before it is exported or printed.
    pub(crate) redaction: Option<Redaction>,
}

/// Whether the global subscriber is ours.
static IS_OURS: AtomicBool = AtomicBool::new(false);
/// Whether the global subscriber is ours and prints.
static IS_PRINTING: AtomicBool = AtomicBool::new(false);

/// Installs the pipeline. A second call replaces the provider; subscriber and logger stay installed.
pub(crate) fn install(records: LogPipeline) {
    let is_exported = records.provider.is_some();
    redacted::set(records.redaction);
    late::set(records.provider.as_ref());
    let may_install = records.may_install && (is_exported || records.terminal.is_some());
    // Read before `set_subscriber`, which makes such a layer itself.
    let has_layer = Layer::is_in_use();
    if may_install && !IS_OURS.load(Ordering::Relaxed) {
        match set_subscriber(records.terminal) {
            Ok(()) => {
                IS_OURS.store(true, Ordering::Relaxed);
                IS_PRINTING.store(records.terminal.is_some(), Ordering::Relaxed);
            }
            Err(_) if is_exported && !has_layer => self_log::once(
                Level::Warn,
                "logs.subscriber",
                "a `tracing` subscriber is installed already, so log records are not exported; \
                 add `.with(traced::logs::layer())` to it",
            ),
            Err(_) => {}
        }
        set_logger(is_exported);
    }
    set_exceptions(records.exceptions);
}

/// Drops the provider: nothing is exported any more.
pub(crate) fn uninstall() {
    exception::set_channel(Exceptions::SpanEvents, None);
    late::set(None);
}

/// In a forked child: keeps the provider of the parent from being shut down.
pub(crate) fn abandon() {
    late::abandon();
}

/// Sets the channel of exceptions, as far as log records are exported or printed.
pub(super) fn set_exceptions(channel: Exceptions) {
    let is_printed = IS_PRINTING.load(Ordering::Relaxed);
    set_channel(channel, late::logger().is_some(), is_printed);
}

fn set_channel(channel: Exceptions, is_exported: bool, is_printed: bool) {
    if channel == Exceptions::SpanEvents {
        return exception::set_channel(channel, None);
    }
    if !is_exported && !is_printed {
        self_log::once(
            Level::Warn,
            "logs.exceptions",
            "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN asks for exceptions as log records, but log records are \
             neither exported nor printed, so exceptions stay events of their spans; set \
             OTEL_LOGS_EXPORTER to `otlp` or `console`",
        );
        return exception::set_channel(Exceptions::SpanEvents, None);
    }
    exception::set_channel(channel, Some(exceptions::sink(is_printed)));
    // The first span would do this too, but a panic may come before it.
    crate::panic::start_listening();
}

/// Prints each write as one line: `fmt` writes a whole record, with its line break, in one call.
struct Line;

impl io::Write for Line {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        Stream::Stderr.print(String::from_utf8_lossy(text).into_owned());
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn set_subscriber(
    terminal: Option<Format>,
) -> Result<(), tracing::subscriber::SetGlobalDefaultError> {
    let stderr = || {
        fmt::layer()
            .with_writer(|| Line)
            .with_ansi(crate::color::is_enabled_on_stderr())
            .fmt_fields(Fields::default())
    };
    let printer = terminal.map(|format| match format {
        Format::Text => stderr().map_event_format(super::text).boxed(),
        Format::FullText => stderr()
            .map_event_format(|format| super::text(format).with_full_ids())
            .boxed(),
        Format::Json => stderr()
            .json()
            .map_event_format(|format| super::json(Objects(format)))
            .boxed(),
    });
    let subscriber = tracing_subscriber::registry()
        .with(filter())
        .with(printer)
        .with(super::layer());
    #[cfg(feature = "tracing")]
    let subscriber = subscriber.with(crate::tracing_layer::tracing_layer());
    tracing::subscriber::set_global_default(subscriber)
}

/// `RUST_LOG`, or everything from `info` on.
fn filter() -> EnvFilter {
    let from_environment = std::env::var("RUST_LOG").unwrap_or_default();
    parse(&from_environment).unwrap_or_else(|error| {
        self_log::once(
            Level::Warn,
            "logs.filter",
            format_args!(
                "RUST_LOG is not understood ({error}), so it counts as unset; write a list such \
                 as `info,my_crate=debug`"
            ),
        );
        EnvFilter::default().add_directive(LevelFilter::INFO.into())
    })
}

fn parse(directives: &str) -> Result<EnvFilter, ParseError> {
    EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(directives)
}

/// Installs a logger that passes records of `log` to the subscriber and the provider.
fn set_logger(is_exported: bool) {
    let logger = Logger::new(LogTracer::new());
    if log::set_boxed_logger(Box::new(logger)).is_ok() {
        log::set_max_level(as_log(LevelFilter::current()));
    } else if is_exported && !reaches_us(log::logger()) {
        self_log::once(
            Level::Warn,
            "logs.logger",
            "a logger for `log` is installed already, so its records are not exported; \
             wrap it: `log::set_boxed_logger(Box::new(traced::logs::logger(yours)))`",
        );
    }
}

fn as_log(level: LevelFilter) -> log::LevelFilter {
    use tracing_log::AsLog;
    level.as_log()
}

/// Whether `logger` passes its records to us or to `tracing`. Calls its `enabled`, which prints nothing, and observes
/// whether the call arrives.
fn reaches_us(logger: &dyn log::Log) -> bool {
    /// A target that nothing else has: `tracing` also calls `enabled` of a new subscriber for every known call site.
    const TARGET: &str = "traced::reaches_us";
    struct Probe(Arc<AtomicBool>);
    impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Probe {
        fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
            self.0
                .fetch_or(metadata.target() == TARGET, Ordering::Relaxed);
            false
        }
    }
    let reaches_tracing = Arc::new(AtomicBool::new(false));
    let probe = Probe(Arc::clone(&reaches_tracing));
    let reaches_logger =
        tracing::subscriber::with_default(tracing_subscriber::registry().with(probe), || {
            Logger::is_reached_by(|| {
                logger.enabled(
                    &log::Metadata::builder()
                        .level(log::Level::Error)
                        .target(TARGET)
                        .build(),
                );
            })
        });
    reaches_logger || reaches_tracing.load(Ordering::Relaxed)
}
