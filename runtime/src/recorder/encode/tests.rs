//! Are our bytes those of prost for any span?

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{TraceFlags, TraceId};
use opentelemetry::{Array, StringValue, Value};
use opentelemetry_proto::tonic::trace::v1::{ScopeSpans, Span};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use prost::Message as _;

use super::*;
use crate::encoding::{Fields, bodies, first_len};
use crate::random::{Random, rounds};

impl Random {
    fn text(&mut self) -> String {
        // Empty, short, with a length of two bytes, and of three.
        // Miri takes a minute for as many letters as need a length of three bytes.
        let longest = if cfg!(miri) { 1_000 } else { 20_000 };
        let len = [0, 1, 7, 127, 128, 300, longest][self.below(7)];
        let letters = ['a', 'ä', '€', '🦀', '\0'];
        (0..len).map(|_| letters[self.below(5)]).collect()
    }

    fn i64(&mut self) -> i64 {
        let shift = self.below(64);
        (self.next() >> shift) as i64
    }

    fn array(&mut self) -> Array {
        let len = self.below(4);
        match self.below(4) {
            0 => Array::Bool((0..len).map(|_| self.below(2) == 0).collect()),
            1 => Array::I64((0..len).map(|_| self.i64()).collect()),
            2 => Array::F64((0..len).map(|_| self.i64() as f64).collect()),
            _ => Array::String((0..len).map(|_| StringValue::from(self.text())).collect()),
        }
    }

    pub(crate) fn value(&mut self) -> Value {
        match self.below(6) {
            0 => Value::Bool(self.below(2) == 0),
            1 => Value::I64(self.i64()),
            2 => Value::F64(f64::from_bits(self.next())),
            3 => Value::Array(self.array()),
            _ => Value::String(self.text().into()),
        }
    }

    pub(crate) fn attributes(&mut self) -> Vec<KeyValue> {
        let len = self.below(5);
        let mut attribute = || KeyValue::new(self.text(), self.value());
        (0..len).map(|_| attribute()).collect()
    }

    pub(crate) fn time(&mut self) -> SystemTime {
        match self.below(8) {
            0 => UNIX_EPOCH,
            1 => UNIX_EPOCH - Duration::from_secs(1),
            _ => UNIX_EPOCH + Duration::from_nanos(self.next() >> 1),
        }
    }

    fn count(&mut self) -> u32 {
        match self.below(3) {
            0 => self.next() as u32,
            1 => 1,
            _ => 0,
        }
    }

    fn context(&mut self) -> SpanContext {
        let state = match self.below(3) {
            0 => "a=1,b=2".parse().unwrap(),
            _ => TraceState::NONE,
        };
        SpanContext::new(
            TraceId::from(u128::from(self.next()) << 64 | u128::from(self.next())),
            SpanId::from(self.next()),
            TraceFlags::new(self.next() as u8),
            self.below(2) == 0,
            state,
        )
    }

    fn span(&mut self) -> SpanData {
        let kinds = [
            SpanKind::Internal,
            SpanKind::Server,
            SpanKind::Client,
            SpanKind::Producer,
            SpanKind::Consumer,
        ];
        let statuses = [
            Status::Unset,
            Status::Unset,
            Status::Ok,
            Status::error(self.text()),
        ];
        let parents = [SpanId::INVALID, SpanId::from(self.next())];
        let mut events = SpanEvents::default();
        let count = self.below(3);
        events.events = (0..count)
            .map(|_| Event::new(self.text(), self.time(), self.attributes(), self.count()))
            .collect();
        events.dropped_count = self.count();
        let mut links = SpanLinks::default();
        let count = self.below(3);
        links.links = (0..count)
            .map(|_| Link::new(self.context(), self.attributes(), self.count()))
            .collect();
        links.dropped_count = self.count();
        SpanData {
            span_context: self.context(),
            parent_span_id: parents[self.below(2)],
            parent_span_is_remote: self.below(2) == 0,
            span_kind: kinds[self.below(5)].clone(),
            name: Cow::Owned(self.text()),
            start_time: self.time(),
            end_time: self.time(),
            attributes: self.attributes(),
            dropped_attributes_count: self.count(),
            events,
            links,
            status: statuses[self.below(4)].clone(),
            instrumentation_scope: opentelemetry::InstrumentationScope::default(),
        }
    }
}

fn message(span: &SpanData) -> Message<'_> {
    Message {
        context: &span.span_context,
        parent: span.parent_span_id,
        parent_is_remote: span.parent_span_is_remote,
        kind: &span.span_kind,
        name: &span.name,
        started: nanoseconds(span.start_time),
        ended: nanoseconds(span.end_time),
        written: &[],
        attributes: &span.attributes,
        rare: Some(Rare {
            status: &span.status,
            events: &span.events.events,
            written_event: &[],
            links: &span.links.links,
            dropped_attributes: span.dropped_attributes_count,
            dropped_events: span.events.dropped_count,
            dropped_links: span.links.dropped_count,
        }),
    }
}

/// The spans of a scope, encoded by prost.
fn expected(spans: Vec<SpanData>) -> Vec<u8> {
    let scope = ScopeSpans {
        spans: spans.into_iter().map(Span::from).collect(),
        ..ScopeSpans::default()
    };
    scope.encode_to_vec()
}

#[test]
fn any_span_is_written_as_prost_writes_it() {
    let mut random = Random::new(1);
    for round in 0..rounds(2_000) {
        let span = random.span();
        let bytes = message(&span).into_bytes();
        assert_eq!(bytes, expected(vec![span]), "round {round}");
    }
}

#[test]
fn a_span_without_rare_fields_is_written_the_same() {
    let mut random = Random::new(2);
    for _ in 0..rounds(200) {
        let mut span = random.span();
        span.status = Status::Unset;
        span.events = SpanEvents::default();
        span.links = SpanLinks::default();
        span.dropped_attributes_count = 0;
        let without = Message {
            rare: None,
            ..message(&span)
        };
        assert_eq!(without.into_bytes(), message(&span).into_bytes());
        let is_plain = without.started != 0
            && without.ended != 0
            && *span.span_context.trace_state() == TraceState::NONE;
        let plain = without.measure_plain().map(|plain| {
            let mut place = vec![0; plain.len()];
            plain.write(&mut place);
            place
        });
        assert_eq!(plain, is_plain.then(|| without.into_bytes()));
    }
}

/// A trace state is formatted, which allocates; under the lock of a queue nothing may.
#[test]
fn a_span_with_a_trace_state_or_links_is_written_to_a_buffer_first() {
    let state = "a=1".parse().unwrap();
    let flags = TraceFlags::default();
    let with_state = SpanContext::new(TraceId::from(1), SpanId::from(1), flags, false, state);
    let mut span = Random::new(6).span();
    span.span_context = SpanContext::NONE;
    span.links = SpanLinks::default();
    assert!(message(&span).is_written_in_place());
    span.links.links = vec![Link::new(with_state.clone(), Vec::new(), 0)];
    assert!(!message(&span).is_written_in_place());
    span.links = SpanLinks::default();
    span.span_context = with_state;
    assert!(!message(&span).is_written_in_place());
}

#[test]
fn attributes_that_are_written_one_at_a_time_are_written_the_same() {
    let mut random = Random::new(5);
    let mut span = random.span();
    let mut fields = Fields::default();
    // Up to one more than is short.
    let keys: Vec<&'static str> = (0..=33)
        .map(|len| &"key.of.some.length.and.a.few.more"[..len])
        .collect();
    let mut keys = keys.into_iter().cycle();
    let mut short = 0;
    let lengths = rounds(300) as usize;
    for length in 0..lengths {
        let text = "x".repeat(length % 150);
        let values = [
            Value::from(text),
            Value::I64(1 << (length % 64)),
            Value::I64(-1),
            Value::F64(0.5),
            Value::Bool(length % 2 == 0),
        ];
        fields.clear();
        span.attributes.clear();
        for value in values {
            let key = keys.next().unwrap();
            let is_short = match &value {
                Value::Bool(value) => fields.short_bool(key, *value),
                Value::I64(value) => fields.short_i64(key, *value),
                Value::F64(value) => fields.short_f64(key, *value),
                Value::String(text) => fields.short_text(key, text.as_str()),
                _ => unreachable!(),
            };
            short += u64::from(is_short);
            match &value {
                _ if is_short => {}
                Value::Bool(value) => fields.bool(key, *value),
                Value::I64(value) => fields.i64(key, *value),
                Value::F64(value) => fields.f64(key, *value),
                Value::String(text) => fields.text(key, text.as_str()),
                _ => unreachable!(),
            }
            span.attributes.push(KeyValue::new(key, value));
        }
        let expected = span
            .attributes
            .iter()
            .map(|one| one.key.as_str().as_bytes());
        assert!(fields.keys().eq(expected), "{length}");
        let written = Message {
            written: fields.written(),
            attributes: &[],
            ..message(&span)
        };
        assert_eq!(
            written.into_bytes(),
            message(&span).into_bytes(),
            "{length}"
        );
    }
    // All but the first, and those that are long.
    assert!(cfg!(miri) || (600..1_500).contains(&short), "{short}");
}

#[test]
fn messages_are_found_one_after_the_other() {
    let mut random = Random::new(3);
    let spans: Vec<SpanData> = (0..rounds(50)).map(|_| random.span()).collect();
    let each: Vec<Vec<u8>> = spans
        .iter()
        .map(|span| message(span).into_bytes())
        .collect();
    let mut all = &*each.concat();
    let found: Vec<&[u8]> = bodies(all).collect();
    assert_eq!(found.len(), each.len());
    for (body, bytes) in found.into_iter().zip(&each) {
        assert!(bytes.ends_with(body));
        assert_eq!(first_len(all), bytes.len());
        all = &all[bytes.len()..];
    }
    assert_eq!(first_len(all), 0);
}

#[test]
fn a_buffer_that_is_too_short_is_no_panic_in_release_builds() {
    let mut random = Random::new(4);
    let span = random.span();
    let bytes = message(&span).into_bytes();
    for len in [0, 1, bytes.len() / 2] {
        // The rest is left out in release builds; debug builds assert.
        let outcome = std::panic::catch_unwind(|| {
            let mut place = vec![0; len];
            message(&span).measure().write(&mut place);
            place
        });
        drop(outcome);
        assert!(first_len(&bytes[..len]) >= len.min(1));
        assert_eq!(bodies(&bytes[..len]).count(), 0);
    }
}
