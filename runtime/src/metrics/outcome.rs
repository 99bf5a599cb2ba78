//! The outcomes of calls that metrics distinguish.

use std::borrow::Cow;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Returned,
    /// With the `error.type` of the failure; `None` if it is unknown.
    Failed(Option<Cow<'static, str>>),
    Panicked,
    /// The future, or the stream, was dropped before its end.
    Cancelled,
}
