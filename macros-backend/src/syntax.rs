//! Functions on tokens and syntax trees. Nothing in here knows about `traced` or OpenTelemetry.

pub(crate) mod angles;
pub(crate) mod attributes;
pub(crate) mod awaits;
pub(crate) mod divergence;
pub(crate) mod edit_distance;
pub(crate) mod endless;
pub(crate) mod expressions;
pub(crate) mod groups;
pub(crate) mod literals;
pub(crate) mod members;
pub(crate) mod statements;
pub(crate) mod tokens;
