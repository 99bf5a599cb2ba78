//! A span before it starts: what the arguments of `#[traced]` say of it.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::iter;

use opentelemetry::trace::{Link, SpanContext, TraceContextExt};
use opentelemetry::{Context, Key, KeyValue, StringValue, Value};

use crate::current_context;
use crate::propagation::{self, Carrier};
use crate::site::Site;
use crate::value::ToValue;

/// The attributes of a span, in the order in which they were written.
#[derive(Debug, Default)]
pub struct Attributes(pub(crate) Vec<KeyValue>);

impl Attributes {
    #[inline]
    pub(crate) fn with_capacity(count: usize) -> Self {
        Attributes(Vec::with_capacity(count))
    }

    /// `key = value`: a typed value; `None` records nothing.
    #[inline]
    pub fn value<V: ToValue + ?Sized>(&mut self, key: &'static str, value: &V) {
        value.add_to(self, key);
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
        self.push(key, text.into());
    }

    // One function for each kind of value, called with what fits in registers: a
    // `Value` that is written here, and read there at once, is slow to arrive.

    /// `key = "literal"`, which need not be copied.
    #[inline(never)]
    pub fn literal(&mut self, key: &'static str, value: &'static str) {
        self.push_with(key, || Value::String(value.into()));
    }

    #[inline(never)]
    pub(crate) fn push_str(&mut self, key: &'static str, value: &str) {
        let value = StringValue::from(value.to_owned());
        self.push_with(key, move || Value::String(value));
    }

    #[inline(never)]
    pub(crate) fn push_i64(&mut self, key: &'static str, value: i64) {
        self.push_with(key, || Value::I64(value));
    }

    #[inline(never)]
    pub(crate) fn push_f64(&mut self, key: &'static str, value: f64) {
        self.push_with(key, || Value::F64(value));
    }

    #[inline(never)]
    pub(crate) fn push_bool(&mut self, key: &'static str, value: bool) {
        self.push_with(key, || Value::Bool(value));
    }

    pub(crate) fn push(&mut self, key: &'static str, value: Value) {
        self.push_with(key, || value);
    }

    /// Makes room first, so that the value is made where it stays.
    #[inline(always)]
    fn push_with(&mut self, key: &'static str, value: impl FnOnce() -> Value) {
        let attribute = move || KeyValue::new(Key::from_static_str(key), value());
        self.0.extend(iter::once_with(attribute));
    }
}

/// A span that has not started yet.
#[derive(Debug)]
pub struct Draft {
    pub(crate) name: Cow<'static, str>,
    pub(crate) attributes: Attributes,
    pub(crate) parent: Parent,
    /// In a box, as most have none of it and all would pay for looking.
    pub(crate) more: Option<Box<More>>,
}

/// What few drafts have.
#[derive(Debug, Default)]
pub(crate) struct More {
    pub(crate) links: Vec<Link>,
    pub(crate) baggage: Attributes,
}

/// Under which context a span starts.
#[derive(Debug)]
pub(crate) enum Parent {
    Current,
    Given(Context),
    Root,
}

impl Draft {
    #[inline]
    pub(crate) fn new(site: &Site) -> Self {
        Draft {
            name: Cow::Borrowed(site.name),
            attributes: Attributes::default(),
            parent: Parent::Current,
            more: None,
        }
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// `name = expression`. A name that is borrowed, from a parameter perhaps, is copied.
    pub fn name<'n>(&mut self, name: impl Into<Cow<'n, str>>) {
        self.name = Cow::Owned(name.into().into_owned());
    }

    /// `attributes(..)`, of which there are so many.
    pub fn attributes(&mut self, count: usize) -> &mut Attributes {
        self.attributes.0.reserve_exact(count);
        &mut self.attributes
    }

    /// `parent = expression`.
    pub fn parent(&mut self, parent: &(impl ToParent + ?Sized)) {
        self.parent = Parent::Given(parent.to_parent());
    }

    /// `extract = expression`: the caller's span is the parent, under its baggage.
    pub fn extract<C: Carrier + ?Sized>(&mut self, carrier: &C) {
        let context = propagation::extract(carrier);
        if context.span().span_context() == current_context::current().span().span_context() {
            if let Some(parent) = propagation::ignored_parent(carrier) {
                self.attributes.push_str("traced.ignored_parent", &parent);
            }
        }
        self.parent = Parent::Given(context);
    }

    /// `root`: a new trace.
    pub fn root(&mut self) {
        self.parent = Parent::Root;
    }

    /// `link` of a spawned unit: a new trace, linked to the span that is current now.
    pub fn linked_root(&mut self) {
        self.root();
        let spawner = current_context::current().span().span_context().clone();
        if spawner.is_valid() {
            self.more().links.push(Link::with_context(spawner));
        }
    }

    /// `baggage(..)`.
    pub fn baggage(&mut self) -> &mut Attributes {
        &mut self.more().baggage
    }

    /// `links = place`: what stands there stays there.
    pub fn links_in(&mut self, links: &(impl ToLinks + ?Sized)) {
        let links = links.to_links().into_iter().filter(names_a_span);
        self.more().links.extend(links);
    }

    /// `links = expression`.
    pub fn links<L: IntoLink>(&mut self, links: impl IntoIterator<Item = L>) {
        let links = links.into_iter().map(IntoLink::into_link);
        self.more().links.extend(links.filter(names_a_span));
    }
}

impl Draft {
    /// Drops links to the parent, which is one without them: `extract` gives the current
    /// context for a message that names no sender.
    pub(crate) fn drop_links_to_the_parent(&mut self) {
        let more = self.more.as_mut().filter(|more| !more.links.is_empty());
        let (Parent::Current, Some(more)) = (&self.parent, more) else {
            return;
        };
        let current = current_context::current();
        let parent = current.span();
        let parent = parent.span_context();
        more.links
            .retain(|link| link.span_context != *parent || !link.attributes.is_empty());
    }
}

/// A link to no span says something only if it has attributes or a state of its own.
///
/// Specification: OpenTelemetry, *Tracing API*, "Link".
pub(crate) fn names_a_span(link: &Link) -> bool {
    let target = &link.span_context;
    target.is_valid() || !link.attributes.is_empty() || !target.trace_state().header().is_empty()
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
        current_context::current().with_remote_span_context(self.clone())
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
