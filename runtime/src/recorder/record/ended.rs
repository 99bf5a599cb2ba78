//! Passes a record to observers and exporters.

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::trace::Status;
#[cfg(feature = "metrics")]
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

#[cfg(feature = "init")]
use super::super::clock::nanoseconds;
#[cfg(feature = "metrics")]
use super::super::counts::{ParentOrigin, SamplingResult};
#[cfg(feature = "init")]
use super::super::encode::{self, Message};
#[cfg(feature = "init")]
use super::super::exporters::Parts;
use super::Record;
use crate::call_site::CallSite;
use crate::redaction::Redaction;

impl Record {
    /// Applies the exact limits.
    #[cfg(feature = "init")]
    #[cold]
    fn keep_limits(&mut self) {
        self.decode_written();
        // Makes the rare fields, which count what the limits drop.
        self.rare();
        let Some(rare) = &mut self.rare else {
            return;
        };
        (self.provider.exporters.exact_limits.apply)(Parts {
            attributes: &mut self.collected.values,
            dropped_attributes: &mut rare.dropped_attributes,
            events: &mut rare.events,
            links: &mut rare.links,
        });
    }

    /// The span as an exported message.
    #[cfg(feature = "init")]
    #[inline(always)]
    pub(in crate::recorder) fn message(&self) -> Message<'_> {
        let (started, ended) = match &self.rare {
            None => {
                let started = self.started.nanoseconds();
                (started, self.ended.nanoseconds().max(started))
            }
            Some(_) => {
                let (started, ended) = self.times();
                (nanoseconds(started), nanoseconds(ended))
            }
        };
        Message {
            context: &self.span_context,
            parent: self.parent,
            parent_is_remote: self.parent_is_remote,
            kind: &self.kind,
            name: &self.name,
            started,
            ended,
            written: self.collected.written.bytes(),
            attributes: &self.collected.values,
            rare: self.rare.as_ref().map(|rare| encode::Rare {
                status: &rare.status,
                events: &rare.events,
                written_event: &rare.written_event,
                links: &rare.links,
                dropped_attributes: rare.dropped_attributes,
                dropped_events: rare.dropped_events,
                dropped_links: rare.dropped_links,
            }),
        }
    }

    /// The redacted data of the span. The end time of an open span is its start time.
    pub(crate) fn to_data(&self) -> SpanData {
        let mut events = SpanEvents::default();
        let mut links = SpanLinks::default();
        let mut status = Status::Unset;
        let mut dropped_attributes_count = 0;
        if let Some(rare) = &self.rare {
            events.events.clone_from(&rare.events);
            events.dropped_count = rare.dropped_events;
            links.links.clone_from(&rare.links);
            links.dropped_count = rare.dropped_links;
            status = rare.status.clone();
            dropped_attributes_count = rare.dropped_attributes;
        }
        let (start_time, end_time) = self.times();
        let mut attributes = self.collected.written.to_values();
        attributes.extend_from_slice(&self.collected.values);
        if let (false, Some(redaction)) = (self.is_redacted, &self.provider.redaction) {
            redaction.span(
                &mut attributes,
                &mut events.events,
                &mut links.links,
                &mut status,
            );
        }
        SpanData {
            span_context: self.span_context.clone(),
            parent_span_id: self.parent,
            parent_span_is_remote: self.parent_is_remote,
            span_kind: self.kind.clone(),
            name: self.name.clone(),
            start_time,
            end_time,
            attributes,
            dropped_attributes_count,
            events,
            links,
            status,
            instrumentation_scope: self.provider.scopes.get(&self.scope),
        }
    }

    /// Passes the ended span to the observers and the exporters.
    #[inline]
    pub(in crate::recorder) fn pass_on(&mut self) {
        if self.provider.tells_ends {
            self.notify_ended();
        }
        #[cfg(feature = "init")]
        // A span that is recorded but not sampled is for observers only.
        if !self.provider.exporters.intakes.is_empty() && self.span_context.is_sampled() {
            let limits = &self.provider.exporters.exact_limits;
            let written = self.collected.written.count();
            let rare = self.rare.as_deref();
            // Limits also apply to events and links. An event is encoded early only if no limit can change it.
            let has_values =
                rare.is_some_and(|rare| !rare.events.is_empty() || !rare.links.is_empty());
            if has_values || limits.may_change(written, &self.collected.values) {
                self.keep_limits();
            }
            for intake in &self.provider.exporters.intakes {
                intake.push(&self.scope, &self.message());
            }
        }
    }

    /// Redacts the values and calls the observers.
    #[cold]
    fn notify_ended(&mut self) {
        #[cfg(feature = "metrics")]
        if let Some(counts) = &self.provider.counts {
            counts.ended(SamplingResult::of_recorded(&self.span_context));
        }
        if let Some(redaction) = self.provider.redaction.clone() {
            self.redact(&redaction);
        }
        for observer in &self.provider.observers {
            observer.ended(self.to_data());
        }
    }

    fn redact(&mut self, redaction: &Redaction) {
        self.decode_written();
        match &mut self.rare {
            None => redaction.attributes(&mut self.collected.values),
            Some(rare) => redaction.span(
                &mut self.collected.values,
                &mut rare.events,
                &mut rare.links,
                &mut rare.status,
            ),
        }
        self.is_redacted = true;
    }

    /// Calls the observers after the span has started.
    #[inline]
    pub(in crate::recorder) fn notify_started(
        &mut self,
        parent: &Context,
        site: Option<&'static CallSite>,
    ) {
        if self.provider.tells_starts {
            self.notify_each_started(parent, site);
        }
    }

    /// Counts a span that has started but is not recorded.
    #[cfg(feature = "metrics")]
    pub(in crate::recorder) fn count_dropped(&self, parent: &Context) {
        if let Some(counts) = &self.provider.counts {
            let origin = ParentOrigin::of(parent.span().span_context());
            counts.started(origin, SamplingResult::Drop);
        }
    }

    #[cold]
    fn notify_each_started(&mut self, parent: &Context, site: Option<&'static CallSite>) {
        self.site = site;
        let provider = Arc::clone(&self.provider);
        #[cfg(feature = "metrics")]
        if let Some(counts) = &provider.counts {
            let origin = ParentOrigin::of(parent.span().span_context());
            counts.started(origin, SamplingResult::of_recorded(&self.span_context));
        }
        for observer in &provider.observers {
            observer.started(self, parent);
        }
    }
}
