//! The choice of exporters: `OTEL_TRACES_EXPORTER`, `OTEL_LOGS_EXPORTER`.
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
    /// Lines of OTLP JSON on standard output.
    OtlpStdout,
}

type Names = [(&'static str, Keyword<Option<ExporterName>>); 7];

/// Printing spans needs the feature `console`; printing log records needs only `logs`.
static FOR_SPANS: Names = names(if cfg!(feature = "console") {
    CONSOLE
} else {
    CONSOLE_IS_OFF
});

static FOR_LOG_RECORDS: Names = names(CONSOLE);

const CONSOLE: Keyword<Option<ExporterName>> = Keyword::Is(Some(ExporterName::Console));
const CONSOLE_IS_OFF: Keyword<Option<ExporterName>> =
    Keyword::Unsupported("as the feature `console` of `traced` is off");

/// The names of exporters, where `console` is the meaning of that name. The name `none` stands for no exporter.
const fn names(console: Keyword<Option<ExporterName>>) -> Names {
    [
        ("otlp", Keyword::Is(Some(ExporterName::Otlp))),
        ("console", console),
        ("otlp/stdout", Keyword::Is(Some(ExporterName::OtlpStdout))),
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
    ]
}

/// The exporters that the environment sets; `None` if it names neither an exporter nor an endpoint, unless code sets a
/// collector (`has_collector`).
///
/// An invalid name or endpoint counts as unset, and the specification's default holds: a collector, on this
/// machine unless an endpoint is set. So a mistake in production never prints spans.
pub(super) fn of_environment(
    environment: &mut Environment,
    signal: Signal,
    has_collector: bool,
) -> Option<Chosen> {
    let (variable, names) = match signal {
        Signal::Traces => (&TRACES_EXPORTER, &FOR_SPANS),
        Signal::Logs => (&LOGS_EXPORTER, &FOR_LOG_RECORDS),
    };
    match environment.keywords_or_none(variable, names) {
        Some(named) => Some(Chosen::Named(named)),
        None if has_collector
            || environment.is_set(variable)
            || names_endpoint(environment, signal) =>
        {
            Some(Chosen::Collector)
        }
        None => None,
    }
}

/// The exporters that an environment sets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    /// The named exporters and no others.
    Named(Vec<ExporterName>),
    /// A collector, as an endpoint is set, or an invalid exporter.
    Collector,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn console_without_its_feature_counts_as_unset_and_is_a_warning_that_names_the_feature() {
        let mut environment =
            Environment::new(|name| (name == TRACES_EXPORTER.name).then(|| "console".into()));
        let named = environment.keywords_or_none(&TRACES_EXPORTER, &names(CONSOLE_IS_OFF));
        assert_eq!(named, None);
        let warning = "OTEL_TRACES_EXPORTER: `console` is not supported, as the feature `console` of \
                       `traced` is off; it counts as unset, write for example `OTEL_TRACES_EXPORTER=otlp`";
        assert_eq!(environment.into_warnings(), [warning]);
    }
}
