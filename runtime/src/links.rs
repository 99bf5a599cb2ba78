//! The links of a span: what can be linked to.

use opentelemetry::Context;
use opentelemetry::trace::{Link, SpanContext, TraceContextExt};

/// What `links = ..` iterates over: [`SpanContext`], [`Context`] or [`Link`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be linked to",
    label = "expected a `SpanContext`, a `Context` or a `Link`"
)]
pub trait IntoLink {
    /// The link.
    fn into_link(self) -> Link;
}

impl IntoLink for Link {
    fn into_link(self) -> Link {
        self
    }
}

impl IntoLink for SpanContext {
    fn into_link(self) -> Link {
        Link::with_context(self)
    }
}

impl IntoLink for Context {
    fn into_link(self) -> Link {
        Link::with_context(self.span().span_context().clone())
    }
}

impl<L: IntoLink + Clone> IntoLink for &L {
    fn into_link(self) -> Link {
        self.clone().into_link()
    }
}

/// What `links = ..` finds in a place: a list or an `Option` of what can be
/// linked to, or one of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no links",
    label = "expected a list of `SpanContext`, `Context` or `Link`",
    note = "an iterator is given as an expression: `links = contexts.iter()`"
)]
pub trait ToLinks {
    /// The links.
    fn to_links(&self) -> Vec<Link>;
}

impl<L: IntoLink + Clone> ToLinks for [L] {
    fn to_links(&self) -> Vec<Link> {
        self.iter().map(|link| link.clone().into_link()).collect()
    }
}

impl<L: IntoLink + Clone, const N: usize> ToLinks for [L; N] {
    fn to_links(&self) -> Vec<Link> {
        self.as_slice().to_links()
    }
}

impl<L: IntoLink + Clone> ToLinks for Vec<L> {
    fn to_links(&self) -> Vec<Link> {
        self.as_slice().to_links()
    }
}

impl<L: IntoLink + Clone> ToLinks for Option<L> {
    fn to_links(&self) -> Vec<Link> {
        self.as_slice().to_links()
    }
}

impl<T: ToLinks + ?Sized> ToLinks for &T {
    fn to_links(&self) -> Vec<Link> {
        (**self).to_links()
    }
}

/// A link to no span says something only if it has attributes or a state of its own.
///
/// Specification: OpenTelemetry, *Tracing API*, "Link".
pub(crate) fn names_a_span(link: &Link) -> bool {
    let target = &link.span_context;
    target.is_valid() || !link.attributes.is_empty() || !target.trace_state().header().is_empty()
}
