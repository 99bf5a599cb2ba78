//! Loops: whether they end, and whether what they wait for comes from outside.

pub(super) mod endless;
mod flags;
pub(super) mod going_on;
pub(super) mod rounds;
pub(super) mod waiting;
