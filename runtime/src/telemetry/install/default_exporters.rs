//! The exporters of spans if code sets none: those of the environment, or trees on the terminal.

use super::super::builder::ExporterConfig;
use super::super::environment::Environment;
use super::super::exporters::{self, Chosen, ExporterName};
use super::super::otlp::Otlp;
use super::super::signal::Signal;
#[cfg(feature = "console")]
use crate::console::ConsoleProcessor;
use crate::self_log::{self, Level};

/// The collectors that code sets.
#[cfg(feature = "logs")]
pub(super) fn collectors(exporters: &[ExporterConfig]) -> Vec<Otlp> {
    let collectors = exporters.iter().filter_map(|exporter| match exporter {
        ExporterConfig::Otlp(otlp) => Some(otlp.clone()),
        _ => None,
    });
    collectors.collect()
}

/// The exporters of spans that the environment names. If it names none, spans are printed as trees if standard error is
/// a terminal. Otherwise a note says that no exporter is set, unless something else reads the spans (`is_read`): an
/// HTML page, a file, or a processor of the program.
pub(super) fn of_environment(environment: &mut Environment, is_read: bool) -> Vec<ExporterConfig> {
    match exporters::of_environment(environment, Signal::Traces, false) {
        Some(Chosen::Named(named)) => named.into_iter().filter_map(config_of).collect(),
        // Only chosen here: `build` reads its endpoint, with all that this `Otlp` leaves open, from the environment.
        Some(Chosen::Collector) => vec![ExporterConfig::Otlp(Otlp::new())],
        None => {
            let trees = trees_on_terminal();
            if trees.is_none() && !is_read {
                self_log::once(Level::Info, "no exporter", NO_EXPORTER);
            }
            trees.into_iter().collect()
        }
    }
}

fn config_of(name: ExporterName) -> Option<ExporterConfig> {
    match name {
        ExporterName::Otlp => Some(ExporterConfig::Otlp(Otlp::new())),
        ExporterName::OtlpStdout => Some(ExporterConfig::OtlpStdout),
        #[cfg(feature = "console")]
        ExporterName::Console => Some(ExporterConfig::Console(
            ConsoleProcessor::builder().stdout().build(),
        )),
        // Without the feature the name is not supported for spans.
        #[cfg(not(feature = "console"))]
        ExporterName::Console => None,
    }
}

#[cfg(feature = "console")]
fn trees_on_terminal() -> Option<ExporterConfig> {
    use std::io::IsTerminal as _;

    let trees = || ExporterConfig::Console(ConsoleProcessor::builder().stderr().build());
    std::io::stderr().is_terminal().then(trees)
}

#[cfg(not(feature = "console"))]
fn trees_on_terminal() -> Option<ExporterConfig> {
    None
}

#[cfg(feature = "console")]
const NO_EXPORTER: &str = "nobody gets the spans of this process: no exporter is set, and standard error is not a \
     terminal. Set OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 for a collector, \
     OTEL_TRACES_EXPORTER=console for trees on standard output, or OTEL_TRACES_EXPORTER=none to silence this line";

#[cfg(not(feature = "console"))]
const NO_EXPORTER: &str = "nobody gets the spans of this process: no exporter is set, and the feature `console` of \
     `traced`, which prints them as trees, is off. Set OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 for a \
     collector, or OTEL_TRACES_EXPORTER=none to silence this line";
