//! Reads the section `tracer_provider`.

use super::error::Wrong;
use super::exporter::{ExporterKind, ProcessorConfig};
use super::fields::Fields;
use super::sampler::SamplerConfig;
use super::yaml::Node;
#[cfg(feature = "console")]
use crate::console::ConsoleProcessor;
use crate::telemetry::builder::{ExporterConfig, TelemetryBuilder};
use crate::telemetry::limits::Limits;
use crate::telemetry::signal::Signal;

#[derive(Debug)]
pub(super) struct TracesConfig {
    pub(super) processors: Vec<ProcessorConfig>,
    pub(super) sampler: SamplerConfig,
}

impl TracesConfig {
    pub(super) fn read(node: &Node, limits: &mut Limits) -> Result<Self, Wrong> {
        let mut fields = Fields::of(node, "tracer_provider")?;
        fields.required("processors")?;
        let processors = fields.list("processors")?.iter();
        let processors = processors.map(|node| ProcessorConfig::read(node, Signal::Traces));
        let processors = processors.collect::<Result<_, _>>()?;
        if let Some(node) = fields.get("limits") {
            *limits = read_limits(node, *limits)?;
        }
        let sampler = fields.get("sampler").map(SamplerConfig::read).transpose()?;
        if let Some(node) = fields.get("id_generator") {
            let (name, settings) = node.choice("id_generator")?;
            if name.text != "random" {
                return Err(name.wrong(format_args!(
                    "`{}` is not known; expected `random`, or `TelemetryBuilder::id_generator`",
                    name.text
                )));
            }
            Fields::of(settings, "random")?.end()?;
        }
        fields.refuse(
            "tracer_configurator/development",
            "`TRACED_FILTER` turns functions and scopes off",
        )?;
        fields.end()?;
        Ok(TracesConfig {
            processors,
            sampler: sampler.unwrap_or_else(SamplerConfig::default_of_specification),
        })
    }

    pub(super) fn apply(self, builder: &mut TelemetryBuilder) {
        builder.sampling.get_or_insert(self.sampler.sampling());
        if builder.exporters.is_some() {
            return;
        }
        let code = builder.span_batch;
        let exporters = self.processors.into_iter().map(|processor| {
            let exporter = match processor.exporter {
                ExporterKind::Otlp(otlp) => ExporterConfig::Otlp(*otlp),
                #[cfg(feature = "console")]
                ExporterKind::Console => {
                    ExporterConfig::Console(ConsoleProcessor::builder().stdout().build())
                }
                // `ProcessorConfig::read` has rejected it.
                #[cfg(not(feature = "console"))]
                ExporterKind::Console => return None,
            };
            let batch = code.or(processor.batch);
            Some(ExporterConfig::Batched(Box::new(exporter), batch))
        });
        builder.exporters = Some(exporters.flatten().collect());
    }
}

fn read_limits(node: &Node, mut limits: Limits) -> Result<Limits, Wrong> {
    let mut fields = Fields::of(node, "limits")?;
    type Set = fn(Limits, usize) -> Limits;
    let known: [(&'static str, Set); 6] = [
        (
            "attribute_value_length_limit",
            Limits::span_attribute_value_length,
        ),
        ("attribute_count_limit", Limits::span_attributes),
        ("event_count_limit", Limits::span_events),
        ("link_count_limit", Limits::span_links),
        ("event_attribute_count_limit", Limits::event_attributes),
        ("link_attribute_count_limit", Limits::link_attributes),
    ];
    for (key, set) in known {
        if let Some(limit) = fields.count(key, 0)? {
            limits = set(limits, limit);
        }
    }
    fields.end_of_limits()?;
    Ok(limits)
}
