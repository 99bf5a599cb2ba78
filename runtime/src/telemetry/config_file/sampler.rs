//! Reads the section `sampler`.

use opentelemetry_sdk::trace::{ParentBasedSampler, Sampler, ShouldSample};

use super::error::Wrong;
use super::fields::Fields;
use super::yaml::Node;
use crate::probability::ProbabilitySampler;
use crate::recorder::Sampling;

/// A sampler of one of the supported types.
#[derive(Debug, Clone)]
pub(super) enum SamplerConfig {
    Sdk(Sampler),
    Probability(ProbabilitySampler),
    ByParent(Box<ParentBasedSampler>),
}

impl SamplerConfig {
    /// The sampler if the file has none.
    pub(super) fn default_of_specification() -> Self {
        SamplerConfig::Sdk(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
    }

    fn boxed(self) -> Box<dyn ShouldSample> {
        match self {
            SamplerConfig::Sdk(sampler) => Box::new(sampler),
            SamplerConfig::Probability(sampler) => Box::new(sampler),
            SamplerConfig::ByParent(sampler) => sampler,
        }
    }

    pub(super) fn sampling(self) -> Sampling {
        match self {
            // A sampler from the file runs no user code.
            SamplerConfig::Sdk(sampler) => Sampling::Plain(sampler),
            SamplerConfig::Probability(sampler) => Sampling::new(sampler),
            SamplerConfig::ByParent(sampler) => Sampling::Given(sampler),
        }
    }

    pub(super) fn read(node: &Node) -> Result<Self, Wrong> {
        let (name, settings) = node.choice("sampler")?;
        let mut fields = Fields::of(settings, &name.text)?;
        let sampler = match &*name.text {
            "always_on" => SamplerConfig::Sdk(Sampler::AlwaysOn),
            "always_off" => SamplerConfig::Sdk(Sampler::AlwaysOff),
            "trace_id_ratio_based" => {
                SamplerConfig::Sdk(Sampler::TraceIdRatioBased(ratio(&mut fields)?))
            }
            "probability/development" => {
                SamplerConfig::Probability(ProbabilitySampler::new(ratio(&mut fields)?))
            }
            "composite/development" => SamplerConfig::Probability(composable(settings)?),
            "parent_based" => by_parent(&mut fields)?,
            "always_record" | "jaeger_remote/development" => {
                return Err(name.wrong(format_args!("`{}` is not supported", name.text)));
            }
            unknown => {
                return Err(name.wrong(format_args!(
                    "`{unknown}` is not a sampler; expected `always_on`, `always_off`, \
                     `trace_id_ratio_based`, `parent_based`, `probability/development` or \
                     `composite/development`"
                )));
            }
        };
        if name.text != "composite/development" {
            fields.end()?;
        }
        Ok(sampler)
    }
}

fn ratio(fields: &mut Fields<'_>) -> Result<f64, Wrong> {
    let ratio = fields.get("ratio").map(Node::ratio).transpose()?;
    Ok(ratio.unwrap_or(1.0))
}

/// Reads a composable sampler, all supported kinds of which are probability samplers.
fn composable(node: &Node) -> Result<ProbabilitySampler, Wrong> {
    let (name, settings) = node.choice("composite/development")?;
    let mut fields = Fields::of(settings, &name.text)?;
    let sampler = match &*name.text {
        "always_on" => ProbabilitySampler::new(1.0),
        "always_off" => ProbabilitySampler::new(0.0),
        "probability" => ProbabilitySampler::new(ratio(&mut fields)?),
        "parent_threshold" => composable(fields.required("root")?)?.parent_based(),
        "rule_based" => return Err(name.wrong("`rule_based` is not supported")),
        unknown => {
            return Err(name.wrong(format_args!(
                "`{unknown}` is not a composable sampler; expected `always_on`, `always_off`, `probability` or \
                 `parent_threshold`"
            )));
        }
    };
    fields.end()?;
    Ok(sampler)
}

fn by_parent(fields: &mut Fields<'_>) -> Result<SamplerConfig, Wrong> {
    let root = fields.get("root").map(SamplerConfig::read).transpose()?;
    let root = root.unwrap_or(SamplerConfig::Sdk(Sampler::AlwaysOn));
    let mut others = [None, None, None, None];
    for ((key, is_on), other) in [
        ("remote_parent_sampled", true),
        ("remote_parent_not_sampled", false),
        ("local_parent_sampled", true),
        ("local_parent_not_sampled", false),
    ]
    .into_iter()
    .zip(&mut others)
    {
        let sampler = fields.get(key).map(SamplerConfig::read).transpose()?;
        // A sampler that is the default is left out.
        *other = sampler.filter(|sampler| match sampler {
            SamplerConfig::Sdk(Sampler::AlwaysOn) => !is_on,
            SamplerConfig::Sdk(Sampler::AlwaysOff) => is_on,
            _ => true,
        });
    }
    let [None, None, None, None] = &others else {
        let mut sampler = ParentBasedSampler::new(root.boxed());
        let [remote_sampled, remote_not, local_sampled, local_not] = others;
        if let Some(other) = remote_sampled {
            sampler = sampler.with_remote_parent_sampled(other.boxed());
        }
        if let Some(other) = remote_not {
            sampler = sampler.with_remote_parent_not_sampled(other.boxed());
        }
        if let Some(other) = local_sampled {
            sampler = sampler.with_local_parent_sampled(other.boxed());
        }
        if let Some(other) = local_not {
            sampler = sampler.with_local_parent_not_sampled(other.boxed());
        }
        return Ok(SamplerConfig::ByParent(Box::new(sampler)));
    };
    Ok(match root {
        SamplerConfig::Probability(sampler) => SamplerConfig::Probability(sampler.parent_based()),
        root => SamplerConfig::Sdk(Sampler::ParentBased(root.boxed())),
    })
}
