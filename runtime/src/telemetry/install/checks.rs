//! Warnings about environment variables that have no effect.

use super::super::environment::{Environment, Keyword};
use super::super::variables::{
    CONFIG_FILE, ENTITIES, EXPERIMENTAL_CONFIG_FILE, LOG_LEVEL, METRICS, Variable,
};
use crate::self_log;

/// Warns of an unknown level; `self_log` itself reads the variable.
pub(super) fn check_level(environment: &mut Environment) {
    let levels: Vec<(&str, Keyword<()>)> = self_log::NAMES
        .iter()
        .map(|(name, _)| (*name, Keyword::Is(())))
        .collect();
    environment.keyword(&LOG_LEVEL, &levels);
}

/// Warns of variables of the specification that this build does not support.
pub(super) fn warn_of_unsupported(environment: &mut Environment) {
    const NO_FILES: &str = "the feature `config-file` of `traced` is off, so the file is not read and the other variables \
         count; turn it on, or leave this out";

    const NO_METRICS: &str = "the feature `metrics` of `traced` is off, so there are none; turn it on, or leave this out";

    let mut unsupported: Vec<(&Variable, &str)> = vec![(
        &ENTITIES,
        "entities are not supported; write `OTEL_RESOURCE_ATTRIBUTES` instead",
    )];
    if cfg!(not(feature = "config-file")) {
        unsupported.push((&CONFIG_FILE, NO_FILES));
        unsupported.push((&EXPERIMENTAL_CONFIG_FILE, NO_FILES));
    }
    if cfg!(not(feature = "metrics")) {
        unsupported.push((&METRICS, NO_METRICS));
    }
    for (variable, why) in unsupported {
        if environment.text(variable).is_some() {
            environment.warn(variable, why);
        }
    }
}
