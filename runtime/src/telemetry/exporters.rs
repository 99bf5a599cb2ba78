//! Where spans and log records go: `OTEL_TRACES_EXPORTER`, `OTEL_LOGS_EXPORTER`.
//!
//! Specification: OpenTelemetry, *Environment Variable Specification*, "Exporter Selection".

use super::environment::{Environment, Keyword, Keywords};
use super::signal::{Signal, names_endpoint};
use super::variables::{LOGS_EXPORTER, TRACES_EXPORTER};

/// An exporter by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExporterName {
    Otlp,
    Console,
}

/// `None` is the word `none`.
static KEYWORDS: &Keywords<Option<ExporterName>> = &[
    ("otlp", Keyword::Is(Some(ExporterName::Otlp))),
    ("console", Keyword::Is(Some(ExporterName::Console))),
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
];

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
    let variable = match signal {
        Signal::Traces => &TRACES_EXPORTER,
        Signal::Logs => &LOGS_EXPORTER,
    };
    match environment.keywords(variable, KEYWORDS) {
        Some(chosen) => {
            if chosen.len() > 1 && chosen.contains(&None) {
                environment.warn(
                    variable,
                    "`none` stands beside others; leave it, or them, out",
                );
            }
            Some(Asked::Named(chosen.into_iter().flatten().collect()))
        }
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
