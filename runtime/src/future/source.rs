//! The kinds of spans that a future can run in.

use super::handoff::SpanFromInner;
use super::state::SpanState;
use crate::span::{Deferred, Started};

/// The source of a future's span: the span has started, it starts at the first poll, or the inner future
/// starts it.
///
/// Sealed: the trait cannot be named outside of this crate.
pub trait Source: Into<SpanState> {
    /// Whether the inner future starts the span. It is an associated constant, so that only futures that need it
    /// contain the code that receives the span.
    const IS_INSIDE: bool = false;
}

impl Source for Started {}

impl Source for Deferred {}

impl Source for SpanFromInner {
    const IS_INSIDE: bool = true;
}
