//! Encodes a span as an element of `ScopeSpans.spans` of OTLP, when the span ends.
//!
//! The exact length is computed first, then the bytes are written into a slice of that length. Fields are in the
//! order of their numbers, as prost writes them, so both produce the same bytes.
//!
//! Specification: OpenTelemetry, *OTLP*, `opentelemetry/proto/trace/v1/trace.proto`.

mod event;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceState};

pub(super) use self::event::put_event;
use super::clock::nanoseconds;
use crate::encoding::{
    Cursor, SPAN_ATTRIBUTE, attributes_len, field_len, put_attributes, text_len, varint_len,
};

/// A span, borrowed from its owner.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    pub(crate) context: &'a SpanContext,
    /// Invalid for a root.
    pub(crate) parent: SpanId,
    pub(crate) parent_is_remote: bool,
    pub(crate) kind: &'a SpanKind,
    pub(crate) name: &'a str,
    /// In nanoseconds since the epoch.
    pub(crate) started: u64,
    pub(crate) ended: u64,
    /// The attributes that were encoded as they were collected; they come before `attributes`.
    pub(crate) written: &'a [u8],
    pub(crate) attributes: &'a [KeyValue],
    /// `None` if all of its fields are empty.
    pub(crate) rare: Option<Rare<'a>>,
}

/// The parts that few spans have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rare<'a> {
    pub(crate) status: &'a Status,
    pub(crate) events: &'a [Event],
    /// An event that was encoded when it was added; it comes after `events`.
    pub(crate) written_event: &'a [u8],
    pub(crate) links: &'a [Link],
    pub(crate) dropped_attributes: u32,
    pub(crate) dropped_events: u32,
    pub(crate) dropped_links: u32,
}

/// Set if `IS_REMOTE` has a meaning.
const HAS_IS_REMOTE: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;

// A tag is eight times the number of the field plus its wire type: 0 for a varint, 1 for eight bytes, 2 for a
// length and as many bytes, 5 for four bytes.
//
// The tags of `Span` are 0x0a `trace_id`, 0x12 `span_id`, 0x1a `trace_state`, 0x22 `parent_span_id`, 0x2a `name`,
// 0x30 `kind`, 0x39 `start_time_unix_nano`, 0x41 `end_time_unix_nano`, 0x4a `attributes`, 0x5a `events`, 0x6a `links`,
// each of these three followed by its dropped count (0x50, 0x60, 0x70), 0x7a `status`, and 0x85 0x01 `flags`.

/// `ScopeSpans.spans`.
const SPAN: u8 = 0x12;
/// `Span.events`.
const EVENT: u8 = 0x5a;

/// A message whose length was computed.
#[derive(Debug)]
pub(crate) struct Measured<'m, 'a> {
    message: &'m Message<'a>,
    /// The trace state.
    state: String,
    body: usize,
}

/// A plain message whose length was computed.
#[derive(Debug)]
pub(crate) struct MeasuredPlain<'m, 'a> {
    message: &'m Message<'a>,
    body: usize,
}

/// The length of the fields that every message has: ids, the kind, the status and the flags.
const ALWAYS: usize = IDS + 2 + 2 + FLAGS;
const IDS: usize = 18 + 10;
/// The tag of `flags` has two bytes.
const FLAGS: usize = 2 + 4;
const TIME: usize = 1 + 8;

impl<'a> Message<'a> {
    /// Computes the length of a plain message: one without trace state and the rare fields, so that nothing is
    /// allocated to write it.
    #[inline(always)]
    pub(crate) fn measure_plain(&self) -> Option<MeasuredPlain<'_, 'a>> {
        let is_plain = self.rare.is_none()
            && self.started != 0
            && self.ended != 0
            && *self.context.trace_state() == TraceState::NONE;
        let body = || ALWAYS + 2 * TIME + self.measure_often();
        is_plain.then(|| MeasuredPlain {
            message: self,
            body: body(),
        })
    }

    /// Whether measuring and writing it allocates nothing, as it has no trace state to format.
    pub(crate) fn is_written_in_place(&self) -> bool {
        let has_links = self.rare.is_some_and(|rare| !rare.links.is_empty());
        !has_links && *self.context.trace_state() == TraceState::NONE
    }

    /// Computes the length.
    pub(crate) fn measure(&self) -> Measured<'_, 'a> {
        let state = state(self.context);
        let mut body = ALWAYS + time_len(self.started) + time_len(self.ended);
        body += text_len(&state) + self.measure_often();
        if let Some(rare) = &self.rare {
            body += rare.len();
        }
        Measured {
            message: self,
            state,
            body,
        }
    }

    /// The length of the frequent fields of variable length.
    #[inline(always)]
    fn measure_often(&self) -> usize {
        let mut len = text_len(self.name) + self.written.len();
        if self.parent != SpanId::INVALID {
            len += 10;
        }
        if !self.attributes.is_empty() {
            len += attributes_len(self.attributes);
        }
        len
    }

    /// Writes it to a new buffer.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        let measured = self.measure();
        let mut bytes = vec![0; measured.len()];
        measured.write(&mut bytes);
        bytes
    }

    #[inline(always)]
    fn put_parent(&self, out: &mut Cursor<'_>) {
        if self.parent != SpanId::INVALID {
            let [a, b, c, d, e, f, g, h] = self.parent.to_bytes();
            out.put([0x22, 8, a, b, c, d, e, f, g, h]);
        }
    }

    #[inline(always)]
    fn put_attributes(&self, out: &mut Cursor<'_>) {
        if !self.written.is_empty() {
            out.bytes(self.written);
        }
        if !self.attributes.is_empty() {
            put_attributes(out, SPAN_ATTRIBUTE, self.attributes);
        }
    }
}

// Few writes of many bytes each, directly to their destination: loading a field that was just assembled elsewhere
// from small stores would stall the processor.

impl MeasuredPlain<'_, '_> {
    /// In bytes, tag and length included.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        field_len(self.body)
    }

    /// Writes it to a place that is exactly as long.
    #[inline(always)]
    pub(crate) fn write(&self, place: &mut [u8]) {
        let MeasuredPlain { message, body } = self;
        let out = &mut Cursor::new(place);
        out.put([SPAN]);
        out.varint(*body as u64);
        put_ids(out, message.context);
        message.put_parent(out);
        out.text_unless_empty(0x2a, message.name);
        if let Some(place) = out.next::<{ 2 + 2 * TIME }>() {
            place[0] = 0x30;
            place[1] = kind(message.kind);
            place[2] = 0x39;
            place[3..11].copy_from_slice(&message.started.to_le_bytes());
            place[11] = 0x41;
            place[12..].copy_from_slice(&message.ended.to_le_bytes());
        }
        message.put_attributes(out);
        let [first, second, third, fourth] =
            flags(message.context, message.parent_is_remote).to_le_bytes();
        // An empty status, which prost writes too, and field 16, whose tag has two bytes.
        out.put([0x7a, 0, 0x85, 0x01, first, second, third, fourth]);
        debug_assert!(out.is_full());
    }
}

impl Measured<'_, '_> {
    /// In bytes, tag and length included.
    pub(crate) fn len(&self) -> usize {
        field_len(self.body)
    }

    /// Writes it to a place that is exactly as long.
    pub(crate) fn write(&self, place: &mut [u8]) {
        let Measured {
            message,
            state,
            body,
        } = self;
        let out = &mut Cursor::new(place);
        out.put([SPAN]);
        out.varint(*body as u64);
        put_ids(out, message.context);
        out.text_unless_empty(0x1a, state);
        message.put_parent(out);
        out.text_unless_empty(0x2a, message.name);
        out.put([0x30, kind(message.kind)]);
        put_time(out, 0x39, message.started);
        put_time(out, 0x41, message.ended);
        message.put_attributes(out);
        match &message.rare {
            None => out.put([0x7a, 0]),
            Some(rare) => rare.write(out),
        }
        out.put([0x85, 0x01]);
        out.put(flags(message.context, message.parent_is_remote).to_le_bytes());
        debug_assert!(out.is_full());
    }
}

impl Rare<'_> {
    /// The length in addition to an empty status.
    #[cold]
    fn len(&self) -> usize {
        let events = self.events.iter().map(|event| field_len(event_len(event)));
        let links = self.links.iter().map(|link| field_len(link_len(link)));
        let dropped = [
            self.dropped_attributes,
            self.dropped_events,
            self.dropped_links,
        ];
        status_len(self.status)
            + events.sum::<usize>()
            + self.written_event.len()
            + links.sum::<usize>()
            + dropped.into_iter().map(count_len).sum::<usize>()
            // `ALWAYS` includes one byte for this varint.
            + varint_len(status_len(self.status) as u64)
            - 1
    }

    #[cold]
    fn write(&self, out: &mut Cursor<'_>) {
        put_count(out, 0x50, self.dropped_attributes);
        for event in self.events {
            out.put([EVENT]);
            out.varint(event_len(event) as u64);
            put_time(out, 0x09, nanoseconds(event.timestamp));
            out.text_unless_empty(0x12, &event.name);
            put_attributes(out, 0x1a, &event.attributes);
            put_count(out, 0x20, event.dropped_attributes_count);
        }
        out.bytes(self.written_event);
        put_count(out, 0x60, self.dropped_events);
        for link in self.links {
            out.put([0x6a]);
            out.varint(link_len(link) as u64);
            put_ids(out, &link.span_context);
            out.text_unless_empty(0x1a, &state(&link.span_context));
            put_attributes(out, 0x22, &link.attributes);
            put_count(out, 0x28, link.dropped_attributes_count);
            out.put([0x35]);
            out.put(flags(&link.span_context, link.span_context.is_remote()).to_le_bytes());
        }
        put_count(out, 0x70, self.dropped_links);
        out.put([0x7a]);
        out.varint(status_len(self.status) as u64);
        match self.status {
            Status::Unset => {}
            Status::Ok => out.put([0x18, 1]),
            Status::Error { description } => {
                out.text_unless_empty(0x12, description);
                out.put([0x18, 2]);
            }
        }
    }
}

/// Writes fields 1 and 2.
#[inline(always)]
fn put_ids(out: &mut Cursor<'_>, context: &SpanContext) {
    if let Some(place) = out.next::<IDS>() {
        place[0] = 0x0a;
        place[1] = 16;
        place[2..18].copy_from_slice(&context.trace_id().to_bytes());
        place[18] = 0x12;
        place[19] = 8;
        place[20..].copy_from_slice(&context.span_id().to_bytes());
    }
}

#[inline]
fn state(context: &SpanContext) -> String {
    match *context.trace_state() == TraceState::NONE {
        true => String::new(),
        false => context.trace_state().header(),
    }
}

#[inline]
fn kind(kind: &SpanKind) -> u8 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

#[inline]
fn flags(context: &SpanContext, is_remote: bool) -> u32 {
    let remote = if is_remote { IS_REMOTE } else { 0 };
    u32::from(context.trace_flags().to_u8()) | HAS_IS_REMOTE | remote
}

fn event_len(event: &Event) -> usize {
    time_len(nanoseconds(event.timestamp))
        + text_len(&event.name)
        + attributes_len(&event.attributes)
        + count_len(event.dropped_attributes_count)
}

fn link_len(link: &Link) -> usize {
    18 + 10
        + text_len(&state(&link.span_context))
        + attributes_len(&link.attributes)
        + count_len(link.dropped_attributes_count)
        + 5
}

fn status_len(status: &Status) -> usize {
    match status {
        Status::Unset => 0,
        Status::Ok => 2,
        Status::Error { description } => text_len(description) + 2,
    }
}

// Fields with default values are not written.

#[inline]
fn time_len(time: u64) -> usize {
    if time == 0 { 0 } else { 9 }
}

#[inline]
fn put_time(out: &mut Cursor<'_>, tag: u8, time: u64) {
    if time != 0 {
        let [a, b, c, d, e, f, g, h] = time.to_le_bytes();
        out.put([tag, a, b, c, d, e, f, g, h]);
    }
}

fn count_len(count: u32) -> usize {
    match count {
        0 => 0,
        count => 1 + varint_len(u64::from(count)),
    }
}

fn put_count(out: &mut Cursor<'_>, tag: u8, count: u32) {
    if count != 0 {
        out.put([tag]);
        out.varint(u64::from(count));
    }
}

#[cfg(test)]
mod tests;
