//! The sampler of the environment: `OTEL_TRACES_SAMPLER` and its argument.
//!
//! Specification: OpenTelemetry, *Tracing SDK*, "Sampling".

use opentelemetry_sdk::trace::Sampler;

use super::environment::{Environment, Keyword, Keywords, Shown};
use super::variables::{TRACES_SAMPLER, TRACES_SAMPLER_ARG};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Named {
    root: Root,
    asks_parent: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Root {
    On,
    Off,
    Ratio,
}

const fn named(root: Root, asks_parent: bool) -> Keyword<Named> {
    Keyword::Is(Named { root, asks_parent })
}

const JAEGER: Keyword<Named> =
    Keyword::Unsupported("as no current crate polls a strategy without a runtime of the program's");

static SAMPLERS: &Keywords<Named> = &[
    ("always_on", named(Root::On, false)),
    ("always_off", named(Root::Off, false)),
    ("traceidratio", named(Root::Ratio, false)),
    ("parentbased_always_on", named(Root::On, true)),
    ("parentbased_always_off", named(Root::Off, true)),
    ("parentbased_traceidratio", named(Root::Ratio, true)),
    ("jaeger_remote", JAEGER),
    ("parentbased_jaeger_remote", JAEGER),
    (
        "xray",
        Keyword::Unsupported("as no crate samples as X-Ray does"),
    ),
];

/// The sampler that the variables set, otherwise the specification's default.
pub(super) fn of_environment(environment: &mut Environment) -> Sampler {
    let named = environment.keyword(&TRACES_SAMPLER, SAMPLERS);
    let argument = environment.text(&TRACES_SAMPLER_ARG);
    let root = match (named.map(|named| named.root), argument) {
        (Some(Root::Ratio), argument) => Sampler::TraceIdRatioBased(ratio(environment, argument)),
        (root, argument) => {
            if argument.is_some() {
                environment.warn(
                    &TRACES_SAMPLER_ARG,
                    "only `OTEL_TRACES_SAMPLER=traceidratio` and `=parentbased_traceidratio` have \
                     an argument; write one of them, or leave this out",
                );
            }
            match root {
                Some(Root::Off) => Sampler::AlwaysOff,
                _ => Sampler::AlwaysOn,
            }
        }
    };
    match named {
        Some(Named {
            asks_parent: false, ..
        }) => root,
        _ => Sampler::ParentBased(Box::new(root)),
    }
}

fn ratio(environment: &mut Environment, argument: Option<String>) -> f64 {
    const ALL: f64 = 1.0;
    let Some(text) = argument else { return ALL };
    let ratio = text
        .parse()
        .ok()
        .filter(|ratio| (0.0..=1.0).contains(ratio));
    if ratio.is_none() {
        environment.reject(
            &TRACES_SAMPLER_ARG,
            format_args!("expected a number from 0 to 1, found {}", Shown(&text)),
        );
    }
    ratio.unwrap_or(ALL)
}
