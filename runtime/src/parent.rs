//! The argument `parent = ..`: what can be the parent of a span.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use crate::current_context;

/// A type that `parent = ..` takes: [`Context`], [`SpanContext`], [`Envelope`](crate::Envelope), or a
/// reference to one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the parent of a span",
    label = "expected a `Context`, a `SpanContext` or an `Envelope`"
)]
pub trait ToParent {
    /// The context under which the span starts.
    fn to_parent(&self) -> Context;
}

impl ToParent for Context {
    fn to_parent(&self) -> Context {
        self.clone()
    }
}

impl ToParent for SpanContext {
    fn to_parent(&self) -> Context {
        current_context::current().with_remote_span_context(self.clone())
    }
}

impl<P: ToParent + ?Sized> ToParent for &P {
    fn to_parent(&self) -> Context {
        (**self).to_parent()
    }
}

impl<P: ToParent + ?Sized> ToParent for &mut P {
    fn to_parent(&self) -> Context {
        (**self).to_parent()
    }
}
