//! The data of an open span, and the state that the spans of a provider share.

mod ended;
mod failed;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use std::{fmt, mem};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanLimits};

use super::clock::Tick;
#[cfg(feature = "metrics")]
use super::counts::SpanCounts;
use super::exporters::Exporters;
use super::ids::Ids;
use super::sampling::Sampling;
use super::scope::{Scope, Scopes};
use crate::attributes::Attributes;
use crate::call_site::CallSite;
use crate::encoding::Written;
use crate::redaction::Redaction;
use crate::scoped_attributes;

/// The data of an open span. Its memory is reused for later spans of the thread.
#[derive(Debug)]
pub(crate) struct Record {
    pub(super) span_context: SpanContext,
    /// Invalid for a root.
    pub(super) parent: SpanId,
    pub(super) started: Tick,
    pub(super) ended: Tick,
    pub(super) name: Cow<'static, str>,
    /// Its attributes. If the provider does not encode attributes early, all are values.
    pub(super) collected: Attributes,
    /// Fields that few spans have.
    rare: Option<Box<Rare>>,
    /// Spare memory for `rare`.
    spare: Option<Box<Rare>>,
    /// The provider. A record keeps it when it is reused: a reference count that changes with each span would make
    /// threads contend.
    provider: Arc<Shared>,
    pub(super) scope: Scope,
    /// The call site that started the span. Set only if there are observers.
    site: Option<&'static CallSite>,
    pub(super) kind: SpanKind,
    pub(super) parent_is_remote: bool,
    /// Whether the body of the function set a status, which an automatic status does not replace.
    status_is_set: bool,
    /// Whether the redaction was applied.
    is_redacted: bool,
}

/// The number of the newest attributes with which a new attribute is compared. Exporters compare all of them at the
/// end.
const MOST_COMPARED: usize = 128;

/// The greatest buffer of an encoded event that is kept for reuse, in bytes.
const LARGEST_EVENT: usize = 4096;

/// Fields that few spans have.
#[derive(Debug, Default)]
struct Rare {
    status: Status,
    events: Vec<Event>,
    /// An event that was encoded when it was added. It comes after `events`.
    written_event: Vec<u8>,
    links: Vec<Link>,
    /// Times that were set explicitly, instead of the clock's.
    started: Option<SystemTime>,
    ended: Option<SystemTime>,
    dropped_attributes: u32,
    dropped_events: u32,
    dropped_links: u32,
}

impl Record {
    #[cold]
    pub(super) fn fresh(provider: &Arc<Shared>) -> Box<Self> {
        Box::new(Record {
            span_context: SpanContext::NONE,
            parent: SpanId::INVALID,
            started: Tick::default(),
            ended: Tick::default(),
            name: Cow::Borrowed(""),
            collected: Attributes {
                values: Vec::new(),
                written: match provider.writes_attributes {
                    true => Written::ready(),
                    false => Written::default(),
                },
            },
            rare: None,
            spare: None,
            provider: Arc::clone(provider),
            scope: Scope::Known(0),
            site: None,
            kind: SpanKind::Internal,
            parent_is_remote: false,
            status_is_set: false,
            is_redacted: false,
        })
    }

    #[inline]
    pub(super) fn is_of(&self, provider: &Arc<Shared>) -> bool {
        Arc::ptr_eq(&self.provider, provider)
    }

    /// Whether its buffers are not larger than spans usually need.
    #[inline]
    pub(super) fn is_worth_keeping(&self) -> bool {
        self.collected.values.capacity() <= 64 && self.collected.written.capacity() <= 4096
    }

    /// Removes the data of the span, and keeps the buffers.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.collected.written.clear();
        if !self.collected.values.is_empty() {
            self.collected.values.clear();
        }
        if self.rare.is_some() {
            self.clear_rare();
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

    #[cfg(feature = "testing")]
    pub(crate) fn links(&self) -> &[Link] {
        self.rare.as_ref().map_or(&[], |rare| &rare.links)
    }

    fn rare(&mut self) -> &mut Rare {
        let spare = &mut self.spare;
        self.rare
            .get_or_insert_with(|| spare.take().unwrap_or_default())
    }

    /// Removes the rare fields, and keeps their memory and the buffer of one exception.
    #[cold]
    fn clear_rare(&mut self) {
        let mut rare = self.rare.take();
        if let Some(rare) = &mut rare {
            let mut written_event = mem::take(&mut rare.written_event);
            written_event.clear();
            if written_event.capacity() > LARGEST_EVENT {
                written_event = Vec::new();
            }
            **rare = Rare {
                written_event,
                ..Rare::default()
            };
        }
        self.spare = rare;
    }

    fn limits(&self) -> &SpanLimits {
        &self.provider.limits
    }

    /// Adds the links and events with which a span starts, up to their limits, and its start time. As in the
    /// SDK, the dropped counts of these links and events are ignored.
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

    /// Decodes the attributes that were encoded early, because some have to be changed.
    #[cold]
    pub(super) fn decode_written(&mut self) {
        let values = self.collected.written.to_values();
        self.collected.written.clear();
        self.collected.values.splice(..0, values);
    }

    /// Adds the scoped attributes of the context in which the span starts.
    #[cold]
    pub(super) fn add_scoped(&mut self, scoped: &[KeyValue]) {
        self.decode_written();
        scoped_attributes::add_missing(scoped, &mut self.collected.values);
    }

    /// Drops the attributes beyond their limit.
    #[inline]
    pub(super) fn limit_attributes(&mut self) {
        let most = self.limits().max_attributes_per_span as usize;
        if self.collected.values.len() > most {
            let dropped = cut(&mut self.collected.values, most);
            self.rare().dropped_attributes += dropped;
        }
    }

    #[cfg(feature = "init")]
    pub(crate) fn has_attribute(&self, key: &str) -> bool {
        let mut keys = self.collected.values.iter().map(|attribute| &attribute.key);
        self.collected.written.has(key) || keys.any(|other| other.as_str() == key)
    }

    /// Sets an attribute, or sets it again.
    ///
    /// Specification: OpenTelemetry, *Tracing API*, "Set Attributes": an attribute that is set again is overwritten.
    pub(crate) fn set_attribute(&mut self, attribute: KeyValue) {
        let key = attribute.key.as_str();
        if self.collected.written.has(key) {
            self.decode_written();
        } else if self.collected.values.is_empty()
            && self.collected.written.value(key, &attribute.value)
        {
            return;
        }
        // From the end: if a span starts with two attributes of this key, the last one counts.
        let mut newest_first = self.collected.values.iter_mut().rev().take(MOST_COMPARED);
        if let Some(earlier) = newest_first.find(|known| known.key == attribute.key) {
            earlier.value = attribute.value;
            return;
        }
        match self.collected.values.len() < self.limits().max_attributes_per_span as usize {
            true => self.collected.values.push(attribute),
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
        let written = usize::from(!rare.written_event.is_empty());
        if rare.events.len() + written >= max_events_per_span as usize {
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

    /// Sets the end time, instead of the clock's.
    pub(super) fn end_at(&mut self, time: SystemTime) {
        self.rare().ended = Some(time);
    }

    /// The start and end times: those that were set explicitly, otherwise the clock's. An end of the clock is at least
    /// the start, also for a span that is still open. Explicit times are exported as given, as the SDK does.
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
    /// Whether every root is sampled, if that is known without calling the sampler.
    pub(super) known_root: Option<bool>,
    pub(super) ids: Ids,
    pub(super) limits: SpanLimits,
    pub(super) observers: Vec<Box<dyn Observer>>,
    pub(super) redaction: Option<Redaction>,
    /// Whether something must be done at the start of a span: there are observers, or spans are counted.
    pub(super) tells_starts: bool,
    /// Whether something must be done at the end of a span before its export: the same, or there is a redaction.
    pub(super) tells_ends: bool,
    #[cfg(feature = "metrics")]
    pub(super) counts: Option<Arc<SpanCounts>>,
    pub(super) scopes: Arc<Scopes>,
    pub(super) exporters: Exporters,
    /// Whether attributes are encoded as they are collected, because nothing reads them before the export.
    pub(super) writes_attributes: bool,
    /// Whether the exception with which a span ends is encoded early too.
    pub(super) writes_exceptions: bool,
    pub(super) is_shut_down: AtomicBool,
}

impl Shared {
    #[inline]
    pub(super) fn is_shut_down(&self) -> bool {
        self.is_shut_down.load(Ordering::Relaxed)
    }
}

/// A consumer that is called when a recording span starts and when it ends, on the same thread.
///
/// No lock is held during its calls, so it may start spans.
pub(crate) trait Observer: fmt::Debug + Send + Sync {
    /// Called after a span has started under `parent`. May add attributes.
    fn started(&self, _span: &mut Record, _parent: &Context) {}

    /// Called after a span has ended.
    fn ended(&self, _span: SpanData) {}

    /// Finishes pending work.
    fn flush(&self) -> OTelSdkResult {
        Ok(())
    }

    /// Finishes pending work, for the last time.
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
