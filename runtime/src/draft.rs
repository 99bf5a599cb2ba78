//! A span before it starts: what the arguments of `#[traced]` say of it.

use std::borrow::Cow;
use std::fmt::{Debug, Display};

use opentelemetry::trace::{Link, SpanBuilder, SpanContext, TraceContextExt};
use opentelemetry::{Context, Key, KeyValue};

use crate::propagation::{self, Carrier};
use crate::site::Site;
use crate::value::ToValue;

/// The attributes of a span, in the order in which they were written.
#[derive(Debug, Default)]
pub struct Attributes(pub(crate) Vec<KeyValue>);

impl Attributes {
    /// `key = value`: a typed value; `None` records nothing.
    pub fn value<V: ToValue + ?Sized>(&mut self, key: &'static str, value: &V) {
        if let Some(value) = value.to_value() {
            self.0.push(KeyValue::new(Key::from_static_str(key), value));
        }
    }

    /// `key = %value`.
    pub fn display<V: Display + ?Sized>(&mut self, key: &'static str, value: &V) {
        self.push_text(key, value.to_string());
    }

    /// `key = ?value`.
    pub fn debug<V: Debug + ?Sized>(&mut self, key: &'static str, value: &V) {
        self.push_text(key, format!("{value:?}"));
    }

    fn push_text(&mut self, key: &'static str, text: String) {
        self.0.push(KeyValue::new(Key::from_static_str(key), text));
    }
}

/// A span that has not started yet.
#[derive(Debug)]
pub struct Draft {
    builder: SpanBuilder,
    attributes: Attributes,
    /// Of a deferred span, whose parameters are gone when it starts.
    lazy: Attributes,
    parent: Parent,
}

/// Under which context a span starts.
#[derive(Debug)]
pub(crate) enum Parent {
    Current,
    Given(Context),
    Root,
}

impl Draft {
    pub(crate) fn new(site: &Site) -> Self {
        Draft {
            builder: site.builder(),
            attributes: Attributes::default(),
            lazy: Attributes::default(),
            parent: Parent::Current,
        }
    }

    /// `name = expression`.
    pub fn name(&mut self, name: impl Into<Cow<'static, str>>) {
        self.builder.name = name.into();
    }

    /// `attributes(..)`.
    pub fn attributes(&mut self) -> &mut Attributes {
        &mut self.attributes
    }

    /// `lazy(..)`, where the span starts later than the function.
    pub fn lazy(&mut self) -> &mut Attributes {
        &mut self.lazy
    }

    /// `parent = expression`.
    pub fn parent(&mut self, parent: &(impl ToParent + ?Sized)) {
        self.parent = Parent::Given(parent.to_parent());
    }

    /// `extract = expression`: the caller's span is the parent, under its baggage.
    pub fn extract<C: Carrier + ?Sized>(&mut self, carrier: &C) {
        self.parent = Parent::Given(propagation::extract(carrier));
    }

    /// `root`: a new trace.
    pub fn root(&mut self) {
        self.parent = Parent::Root;
    }

    /// `links = expression`.
    pub fn links<L: IntoLink>(&mut self, links: impl IntoIterator<Item = L>) {
        let into = self.builder.links.get_or_insert_default();
        into.extend(links.into_iter().map(IntoLink::into_link));
    }

    /// What a tracer takes, the parent if one was named, and what is set later.
    #[inline]
    pub(crate) fn into_parts(self) -> (SpanBuilder, Parent, Attributes) {
        let mut builder = self.builder;
        builder.attributes = Some(self.attributes.0).filter(|list| !list.is_empty());
        (builder, self.parent, self.lazy)
    }
}

/// What `parent = ..` takes: a [`Context`] or a [`SpanContext`], or a reference
/// to one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the parent of a span",
    label = "expected a `Context`, a `&Context` or a `SpanContext`"
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
        Context::current().with_remote_span_context(self.clone())
    }
}

impl<P: ToParent + ?Sized> ToParent for &P {
    fn to_parent(&self) -> Context {
        (**self).to_parent()
    }
}

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
