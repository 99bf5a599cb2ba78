//! Questions about tokens and syntax trees that know nothing of `traced`.

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
