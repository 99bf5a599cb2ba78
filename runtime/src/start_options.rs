//! The options with which a span starts: the values of the arguments of `#[traced]`.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::Context;
use opentelemetry::trace::{Link, TraceContextExt};

use crate::attributes::Attributes;
use crate::current_context;
use crate::links::{ToLink, ToLinks, is_informative};
use crate::parent::ToParent;
use crate::propagation::{self, Carrier};

/// The options of a span that has not started yet.
#[derive(Debug)]
pub struct StartOptions {
    pub(crate) name: Cow<'static, str>,
    pub(crate) attributes: Attributes,
    pub(crate) parent: Parent,
    /// Boxed to keep the struct small, as most spans have none of these.
    pub(crate) rare: Option<Box<RareOptions>>,
}

/// The options that few spans have.
#[derive(Debug, Default)]
pub(crate) struct RareOptions {
    pub(crate) links: Vec<Link>,
    pub(crate) baggage: Attributes,
    /// The time at which the span started, if it was before now.
    pub(crate) started: Option<SystemTime>,
    pub(crate) scoped: Attributes,
}

/// The context that a span starts under.
#[derive(Debug)]
pub(crate) enum Parent {
    Current,
    Given(Context),
    Root,
}

impl StartOptions {
    #[inline]
    pub(crate) fn named(name: &'static str) -> Self {
        StartOptions {
            name: Cow::Borrowed(name),
            attributes: Attributes::default(),
            parent: Parent::Current,
            rare: None,
        }
    }

    fn rare(&mut self) -> &mut RareOptions {
        self.rare.get_or_insert_default()
    }

    /// `name = expression`. A borrowed name is copied, as it may borrow from a parameter.
    pub fn name<'n>(&mut self, name: impl Into<Cow<'n, str>>) {
        self.name = Cow::Owned(name.into().into_owned());
    }

    /// `attributes(..)`, at most `count` of them.
    pub fn attributes(&mut self, count: usize) -> &mut Attributes {
        self.attributes.values.reserve_exact(count);
        &mut self.attributes
    }

    /// `parent = expression`.
    pub fn parent(&mut self, parent: &(impl ToParent + ?Sized)) {
        self.parent = Parent::Given(parent.to_parent());
    }

    /// `extract = expression`: the parent is the span in the carrier, with its baggage.
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

    /// `link` on a spawned task: a new trace, linked to the span that is current now.
    pub fn linked_root(&mut self) {
        self.root();
        let spawner = current_context::current().span().span_context().clone();
        if spawner.is_valid() {
            self.rare().links.push(Link::with_context(spawner));
        }
    }

    /// `baggage(..)`.
    pub fn baggage(&mut self) -> &mut Attributes {
        &mut self.rare().baggage
    }

    /// `scoped(..)`.
    pub fn scoped(&mut self) -> &mut Attributes {
        &mut self.rare().scoped
    }

    /// `links = place`: borrows the variable or field.
    pub fn links_in(&mut self, links: &(impl ToLinks + ?Sized)) {
        let links = links.to_links().into_iter().filter(is_informative);
        self.rare().links.extend(links);
    }

    /// `links = expression`. The parent is set before the links.
    pub fn links<L: ToLink>(&mut self, links: impl IntoIterator<Item = L>) {
        let current = matches!(self.parent, Parent::Current).then(current_context::current);
        let is_parent = |link: &L| {
            let parent = current.as_ref().map(|context| context.span());
            parent.is_some_and(|parent| link.is_context_of(parent.span_context()))
        };
        let links = links.into_iter().filter(|link| !is_parent(link));
        let links = links.map(|link| link.to_link());
        self.rare().links.extend(links.filter(is_informative));
    }
}

impl StartOptions {
    /// Sets the time at which the span started, for an operation that is reported when it ends.
    #[cfg(any(feature = "diesel", feature = "sqlx"))]
    pub(crate) fn started(&mut self, time: SystemTime) {
        self.rare().started = Some(time);
    }
}
