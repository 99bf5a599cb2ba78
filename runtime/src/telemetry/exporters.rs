//! Where spans and log records go: `OTEL_TRACES_EXPORTER`, `OTEL_LOGS_EXPORTER`.
//!
//! Specification: OpenTelemetry, *Environment Variable Specification*, "Exporter Selection".

use super::environment::{Environment, Keyword};
use super::signal::{Signal, names_endpoint};
use super::variables::{LOGS_EXPORTER, TRACES_EXPORTER};

/// An exporter by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExporterName {
    Otlp,
    Console,
}

type Names = [(&'static str, Keyword<Option<ExporterName>>); 7];

/// Spans are printed by the feature `console`.
#[cfg(feature = "console")]
static FOR_SPANS: Names = names(Keyword::Is(Some(ExporterName::Console)));
#[cfg(not(feature = "console"))]
static FOR_SPANS: Names = names(Keyword::Unsupported(
    "as the feature `console` of `traced` is off",
));

static FOR_LOG_RECORDS: Names = names(Keyword::Is(Some(ExporterName::Console)));

/// The names of exporters, with the meaning of `console`. The name `none` stands for no exporter.
const fn names(console: Keyword<Option<ExporterName>>) -> Names {
    [
        ("otlp", Keyword::Is(Some(ExporterName::Otlp))),
        ("console", console),
        ("none", Keyword::Is(None)),
        (
            "zipkin",
            Keyword::Unsupported(
                "as it is deprecated; Zipkin takes what `otlp` sends, behind a collector",
            ),
        ),
        (
            "jaeger",
            Keyword::Unsupported("as it is gone; Jaeger takes what `otlp` sends"),
        ),
        (
            "logging",
            Keyword::Unsupported("as it is an older name of `console`"),
        ),
        (
            "otlp/stdout",
            Keyword::Unsupported("as its specification is in development"),
        ),
    ]
}

/// What the environment asks for; `None` where it says nothing of exporters and endpoints.
///
/// A name that cannot be read, and an endpoint that cannot be read, count as unset, and the specification's
/// defaults hold: to a collector, on this machine unless something else is said. So a mistake in production never
/// prints spans where they would be in the way.
pub(super) fn of_environment(
    environment: &mut Environment,
    signal: Signal,
    is_known: bool,
) -> Option<Asked> {
    let (variable, names) = match signal {
        Signal::Traces => (&TRACES_EXPORTER, &FOR_SPANS),
        Signal::Logs => (&LOGS_EXPORTER, &FOR_LOG_RECORDS),
    };
    match environment.keywords_or_none(variable, names) {
        Some(named) => Some(Asked::Named(named)),
        None if is_known || environment.is_set(variable) || names_endpoint(environment, signal) => {
            Some(Asked::Collector)
        }
        None => None,
    }
}

/// What an environment asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// These and no others.
    Named(Vec<ExporterName>),
    /// No exporter is named, but a collector is known.
    Collector,
}
