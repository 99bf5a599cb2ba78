//! Links of spans: the types that can be linked to.

use std::collections::VecDeque;

use opentelemetry::Context;
use opentelemetry::trace::{Link, SpanContext, TraceContextExt};

/// A type that a span can be linked to: [`SpanContext`], [`Context`], [`Link`], [`Envelope`](crate::Envelope), or
/// a reference to one.
///
/// `links = ..` iterates over values of such a type, and [`add_link`](crate::add_link) takes one.
///
/// ```
/// use traced::ToLink;
/// use traced::opentelemetry::trace::{Link, SpanContext};
///
/// /// The span that an earlier attempt at a job ran in.
/// struct Attempt { span: SpanContext }
///
/// impl ToLink for Attempt {
///     fn to_link(&self) -> Link {
///         self.span.to_link()
///     }
/// }
///
/// #[traced::traced(links = attempts)]
/// fn run(attempts: &[Attempt]) {}
///
/// # let attempts = [Attempt { span: SpanContext::NONE }];
/// # let ((), spans) = traced::testing::capture(|| run(&attempts));
/// # assert!(spans.named("run").data().links.is_empty());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be linked to",
    label = "expected a `SpanContext`, a `Context`, a `Link` or an `Envelope`"
)]
pub trait ToLink {
    /// The link.
    fn to_link(&self) -> Link;

    /// Whether this is a context whose span is `parent`. Such a link is left out, as `extract` returns the current
    /// context for a message without headers. A link that is given as a span is kept even if it is the parent.
    #[doc(hidden)]
    fn is_context_of(&self, _parent: &SpanContext) -> bool {
        false
    }
}

impl ToLink for Link {
    fn to_link(&self) -> Link {
        self.clone()
    }
}

impl ToLink for SpanContext {
    fn to_link(&self) -> Link {
        Link::with_context(self.clone())
    }
}

impl ToLink for Context {
    fn to_link(&self) -> Link {
        Link::with_context(self.span().span_context().clone())
    }

    fn is_context_of(&self, parent: &SpanContext) -> bool {
        self.span().span_context() == parent
    }
}

impl<L: ToLink + ?Sized> ToLink for &L {
    fn to_link(&self) -> Link {
        (**self).to_link()
    }

    fn is_context_of(&self, parent: &SpanContext) -> bool {
        (**self).is_context_of(parent)
    }
}

impl<L: ToLink + ?Sized> ToLink for &mut L {
    fn to_link(&self) -> Link {
        (**self).to_link()
    }

    fn is_context_of(&self, parent: &SpanContext) -> bool {
        (**self).is_context_of(parent)
    }
}

/// A variable or field that `links = ..` names: a list or an `Option` of values that can be linked to
/// ([`ToLink`]).
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no links",
    label = "expected a list of `SpanContext`, `Context`, `Link` or `Envelope`",
    note = "an iterator is given as an expression: `links = contexts.iter()`"
)]
pub trait ToLinks {
    /// The links.
    fn to_links(&self) -> Vec<Link>;
}

impl<L: ToLink> ToLinks for [L] {
    fn to_links(&self) -> Vec<Link> {
        self.iter().map(L::to_link).collect()
    }
}

impl<L: ToLink, const N: usize> ToLinks for [L; N] {
    fn to_links(&self) -> Vec<Link> {
        self.as_slice().to_links()
    }
}

impl<L: ToLink> ToLinks for Vec<L> {
    fn to_links(&self) -> Vec<Link> {
        self.as_slice().to_links()
    }
}

impl<L: ToLink> ToLinks for VecDeque<L> {
    fn to_links(&self) -> Vec<Link> {
        self.iter().map(L::to_link).collect()
    }
}

impl<L: ToLink> ToLinks for Option<L> {
    fn to_links(&self) -> Vec<Link> {
        self.as_slice().to_links()
    }
}

impl<T: ToLinks + ?Sized> ToLinks for &T {
    fn to_links(&self) -> Vec<Link> {
        (**self).to_links()
    }
}

impl<T: ToLinks + ?Sized> ToLinks for &mut T {
    fn to_links(&self) -> Vec<Link> {
        (**self).to_links()
    }
}

/// Whether a link has content: a valid span context, attributes, or a trace state of its own.
///
/// Specification: OpenTelemetry, *Tracing API*, "Link".
pub(crate) fn is_informative(link: &Link) -> bool {
    let target = &link.span_context;
    target.is_valid() || !link.attributes.is_empty() || !target.trace_state().header().is_empty()
}
