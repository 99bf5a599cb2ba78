//! How a call ended, as far as metrics tell calls apart.

use std::borrow::Cow;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Returned,
    /// With the `error.type` of the failure; `None` if that is not known.
    Failed(Option<Cow<'static, str>>),
    Panicked,
    /// The future, or the stream, was dropped before its end.
    Cancelled,
}
