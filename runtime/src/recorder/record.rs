//! A span while it is open, with what it shares with the other spans of its provider.

mod ended;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanLimits};

use super::clock::Tick;
use super::exporters::Exporters;
use super::ids::Ids;
use super::sampling::Sampling;
use super::scope::{Scope, Scopes};
use crate::call_site::CallSite;
use crate::encoding::Written;
use crate::redaction::Redaction;
use crate::scoped_attributes;

/// A span while it is open. Its memory is used again for later spans of the thread.
#[derive(Debug)]
pub(crate) struct Record {
    pub(super) span_context: SpanContext,
    /// Invalid for a root.
    pub(super) parent: SpanId,
    pub(super) started: Tick,
    pub(super) ended: Tick,
    pub(super) name: Cow<'static, str>,
    /// The first attributes, if they are encoded already.
    pub(super) written: Written,
    pub(super) attributes: Vec<KeyValue>,
    /// Fields that few spans have.
    rare: Option<Box<Rare>>,
    /// The provider. It stays when the record is used again, as to count its owners with each span would
    /// make threads wait for each other.
    home: Arc<Shared>,
    pub(super) scope: Scope,
    /// The call site that started the span. It is set for observers only; without observers it is
    /// left unchanged.
    site: Option<&'static CallSite>,
    pub(super) kind: SpanKind,
    pub(super) parent_is_remote: bool,
    /// The body of the function set a status, which an automatic one does not replace.
    status_is_set: bool,
    /// The redaction was applied to it.
    is_redacted: bool,
}

/// Fields that few spans have.
#[derive(Debug, Default)]
struct Rare {
    status: Status,
    events: Vec<Event>,
    links: Vec<Link>,
    /// Times that were given explicitly, in place of the clock's.
    started: Option<SystemTime>,
    ended: Option<SystemTime>,
    dropped_attributes: u32,
    dropped_events: u32,
    dropped_links: u32,
}

impl Record {
    #[cold]
    pub(super) fn fresh(home: &Arc<Shared>) -> Box<Self> {
        Box::new(Record {
            span_context: SpanContext::NONE,
            parent: SpanId::INVALID,
            started: Tick::default(),
            ended: Tick::default(),
            name: Cow::Borrowed(""),
            written: Written::default(),
            attributes: Vec::new(),
            rare: None,
            home: Arc::clone(home),
            scope: Scope::Known(0),
            site: None,
            kind: SpanKind::Internal,
            parent_is_remote: false,
            status_is_set: false,
            is_redacted: false,
        })
    }

    #[inline]
    pub(super) fn is_of(&self, home: &Arc<Shared>) -> bool {
        Arc::ptr_eq(&self.home, home)
    }

    /// Whether its memory is what spans usually need.
    #[inline]
    pub(super) fn is_worth_keeping(&self) -> bool {
        self.attributes.capacity() <= 64 && self.written.capacity() <= 4096
    }

    /// Forgets the span, and keeps the memory.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.written.clear();
        if !self.attributes.is_empty() {
            self.attributes.clear();
        }
        if self.rare.is_some() {
            self.rare = None;
        }
        if let Cow::Owned(_) = self.name {
            self.name = Cow::Borrowed("");
        }
        self.status_is_set = false;
        self.is_redacted = false;
    }

    pub(crate) fn name(&self) -> &Cow<'static, str> {
        &self.name
    }

    /// The id of its parent; invalid for a root.
    pub(crate) fn parent(&self) -> SpanId {
        self.parent
    }

    #[cfg(any(feature = "init", feature = "testing"))]
    pub(crate) fn kind(&self) -> &SpanKind {
        &self.kind
    }

    /// Ids and flags of the span.
    pub(crate) fn span_context(&self) -> &SpanContext {
        &self.span_context
    }

    /// The call site that started it; `None` if a tracer of the API did. For observers.
    pub(crate) fn call_site(&self) -> Option<&'static CallSite> {
        self.site
    }

    #[cfg(feature = "init")]
    pub(crate) fn has_links(&self) -> bool {
        self.rare
            .as_ref()
            .is_some_and(|rare| !rare.links.is_empty())
    }

    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    fn limits(&self) -> &SpanLimits {
        &self.home.limits
    }

    /// Adds the links and events that a span is given when it starts, up to their limits, and its start time. As in the
    /// SDK, the dropped counts that these links and events already have are ignored.
    #[cold]
    pub(super) fn begin_with(
        &mut self,
        links: Vec<Link>,
        events: Vec<Event>,
        started: Option<SystemTime>,
    ) {
        for link in links {
            self.add_link(link.span_context, link.attributes);
        }
        for event in events {
            self.add_event(event.name, event.timestamp, event.attributes);
        }
        self.rare().started = started;
    }

    /// Decodes the attributes that were encoded, as one of them is set again, or there are too many.
    #[cold]
    pub(super) fn unwrite(&mut self) {
        let values = self.written.to_values();
        self.written.clear();
        self.attributes.splice(..0, values);
    }

    /// Adds the attributes that are scoped to the context in which the span starts.
    #[cold]
    pub(super) fn add_scoped(&mut self, scoped: &[KeyValue]) {
        self.unwrite();
        scoped_attributes::add_missing(scoped, &mut self.attributes);
    }

    /// Keeps attributes up to their limit.
    #[inline]
    pub(super) fn limit_attributes(&mut self) {
        let most = self.limits().max_attributes_per_span as usize;
        if self.attributes.len() > most {
            let dropped = cut(&mut self.attributes, most);
            self.rare().dropped_attributes += dropped;
        }
    }

    #[cfg(feature = "init")]
    pub(crate) fn has_attribute(&self, key: &str) -> bool {
        let mut keys = self.attributes.iter().map(|attribute| &attribute.key);
        self.written.has(key) || keys.any(|other| other.as_str() == key)
    }

    pub(crate) fn set_attribute(&mut self, attribute: KeyValue) {
        if self.written.has(attribute.key.as_str()) {
            self.unwrite();
        }
        match self.attributes.len() < self.limits().max_attributes_per_span as usize {
            true => self.attributes.push(attribute),
            false => self.rare().dropped_attributes += 1,
        }
    }

    pub(super) fn add_event(
        &mut self,
        name: Cow<'static, str>,
        time: SystemTime,
        mut attributes: Vec<KeyValue>,
    ) {
        let SpanLimits {
            max_events_per_span,
            max_attributes_per_event,
            ..
        } = *self.limits();
        let rare = self.rare();
        if rare.events.len() >= max_events_per_span as usize {
            rare.dropped_events += 1;
            return;
        }
        let dropped = cut(&mut attributes, max_attributes_per_event as usize);
        rare.events
            .push(Event::new(name, time, attributes, dropped));
    }

    pub(super) fn add_link(&mut self, target: SpanContext, mut attributes: Vec<KeyValue>) {
        let SpanLimits {
            max_links_per_span,
            max_attributes_per_link,
            ..
        } = *self.limits();
        let rare = self.rare();
        if rare.links.len() >= max_links_per_span as usize {
            rare.dropped_links += 1;
            return;
        }
        let dropped = cut(&mut attributes, max_attributes_per_link as usize);
        rare.links.push(Link::new(target, attributes, dropped));
    }

    /// Sets the status. A status from the body takes precedence over an automatic one; otherwise
    /// the greater status is kept, as in the SDK.
    pub(super) fn set_status(&mut self, status: Status, is_automatic: bool) {
        if is_automatic && self.status_is_set {
            return;
        }
        self.status_is_set |= !is_automatic && status != Status::Unset;
        let rare = self.rare();
        if status > rare.status {
            rare.status = status;
        }
    }

    /// Sets the time of the end, in place of the clock's.
    pub(super) fn end_at(&mut self, time: SystemTime) {
        self.rare().ended = Some(time);
    }

    /// Start and end: given times, otherwise those of the clock. An open span, and a span during
    /// which the system's clock was set back, end at their start.
    fn times(&self) -> (SystemTime, SystemTime) {
        let (mut started, mut ended) = (None, None);
        if let Some(rare) = &self.rare {
            (started, ended) = (rare.started, rare.ended);
        }
        let start = started.unwrap_or_else(|| self.started.to_system_time());
        let end = ended.unwrap_or_else(|| self.ended.to_system_time().max(start));
        (start, end)
    }
}

/// The state that the tracers and spans of one provider share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) sampling: Sampling,
    pub(super) ids: Ids,
    pub(super) limits: SpanLimits,
    pub(super) observers: Vec<Box<dyn Observer>>,
    pub(super) redaction: Option<Redaction>,
    /// There is an observer or a redaction, so the end of a span is more than its export.
    pub(super) is_watched: bool,
    pub(super) scopes: Arc<Scopes>,
    pub(super) exporters: Exporters,
    /// Whether attributes can be encoded while they are collected, because nothing reads them
    /// before the export.
    pub(super) writes_attributes: bool,
    pub(super) is_shut_down: AtomicBool,
}

impl Shared {
    #[inline]
    pub(super) fn is_shut_down(&self) -> bool {
        self.is_shut_down.load(Ordering::Relaxed)
    }
}

/// A consumer that is told of each recording span at once, as it starts and as it ends, on the
/// thread where that happens.
///
/// It is called with no lock held, so it may start spans.
pub(crate) trait Observer: fmt::Debug + Send + Sync {
    /// A span has started under `parent`; attributes can be added to it.
    fn started(&self, _span: &mut Record, _parent: &Context) {}

    /// A span has ended.
    fn ended(&self, _span: SpanData) {}

    /// Finishes what was begun.
    fn flush(&self) -> OTelSdkResult {
        Ok(())
    }

    /// Finishes what was begun, for the last time.
    fn shutdown(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Keeps the first `most` attributes; returns how many were dropped.
fn cut(attributes: &mut Vec<KeyValue>, most: usize) -> u32 {
    let dropped = attributes.len().saturating_sub(most);
    attributes.truncate(most);
    u32::try_from(dropped).unwrap_or(u32::MAX)
}
