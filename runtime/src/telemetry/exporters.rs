//! Where spans and log records go: `OTEL_TRACES_EXPORTER`, `OTEL_LOGS_EXPORTER`.
//!
//! Specification: OpenTelemetry, *Environment Variable Specification*, "Exporter Selection".

use super::environment::{Choice, Choices, Environment};
use super::otlp::{self, Signal};
use super::variables::{LOGS_EXPORTER, TRACES_EXPORTER};

/// An exporter by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exporter {
    Otlp,
    Console,
}

/// `None` is the word `none`.
static CHOICES: &Choices<Option<Exporter>> = &[
    ("otlp", Choice::Is(Some(Exporter::Otlp))),
    ("console", Choice::Is(Some(Exporter::Console))),
    ("none", Choice::Is(None)),
    (
        "zipkin",
        Choice::Unsupported(
            "as it is deprecated; Zipkin takes what `otlp` sends, behind a collector",
        ),
    ),
    (
        "jaeger",
        Choice::Unsupported("as it is gone; Jaeger takes what `otlp` sends"),
    ),
    (
        "logging",
        Choice::Unsupported("as it is an older name of `console`"),
    ),
    (
        "otlp/stdout",
        Choice::Unsupported("as its specification is in development"),
    ),
];

/// What the signal's variable names. Where it names nothing: a collector if one `is_known` or there
/// is an endpoint for one, and the terminal otherwise.
pub(super) fn of_environment(
    environment: &mut Environment,
    signal: Signal,
    is_known: bool,
) -> Vec<Exporter> {
    let variable = match signal {
        Signal::Traces => &TRACES_EXPORTER,
        Signal::Logs => &LOGS_EXPORTER,
    };
    match environment.choices(variable, CHOICES) {
        Some(chosen) => {
            if chosen.len() > 1 && chosen.contains(&None) {
                environment.warn(
                    variable,
                    "`none` stands beside others; leave it, or them, out",
                );
            }
            chosen.into_iter().flatten().collect()
        }
        None if is_known || otlp::has_endpoint(environment, signal) => vec![Exporter::Otlp],
        None => vec![Exporter::Console],
    }
}
