//! The headers of Jaeger's own clients.
//!
//! Ours, as `opentelemetry-jaeger-propagator` has none for this version of OpenTelemetry.
//!
//! Specification: Jaeger, *Client Libraries*, "Propagation Format".

use std::sync::LazyLock;

use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};

use super::b3::{Debugged, span_id, trace_id};

const HEADER: &str = "uber-trace-id";
const BAGGAGE: &str = "uberctx-";

static FIELDS: LazyLock<[String; 1]> = LazyLock::new(|| [HEADER.to_owned()]);

const SAMPLED: u8 = 1;
const DEBUG: u8 = 2;

/// `uber-trace-id: {trace}:{span}:{parent, 0 now}:{flags}`, and a header an entry of the baggage.
#[derive(Debug)]
pub(super) struct Jaeger;

impl TextMapPropagator for Jaeger {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if span.is_valid() {
            let flags = match (context.get::<Debugged>(), span.is_sampled()) {
                (Some(_), _) => DEBUG | SAMPLED,
                (None, true) => SAMPLED,
                (None, false) => 0,
            };
            let value = format!("{}:{}:0:{flags:x}", span.trace_id(), span.span_id());
            injector.set(HEADER, value);
        }
        for (key, (value, _)) in context.baggage() {
            injector.set(&format!("{BAGGAGE}{key}"), value.to_string());
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let mut context = match extractor.get(HEADER).and_then(read) {
            Some((remote, is_debugged)) => {
                let context = context.with_remote_span_context(remote);
                if is_debugged {
                    context.with_value(Debugged)
                } else {
                    context
                }
            }
            None => context.clone(),
        };
        let entries = entries(extractor);
        if !entries.is_empty() {
            // What another propagator has read stays.
            let known = context.baggage().iter();
            let known = known.map(|(key, (value, metadata))| {
                KeyValueMetadata::new(key.clone(), value.clone(), metadata.clone())
            });
            let entries = entries.into_iter();
            let entries = entries.map(|(key, value)| KeyValueMetadata::new(key, value, ""));
            let all: Vec<_> = known.chain(entries).collect();
            context = context.with_baggage(all);
        }
        context
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(FIELDS.as_slice())
    }
}

fn read(header: &str) -> Option<(SpanContext, bool)> {
    // Some clients encode the colons.
    let header = header.trim().replace("%3A", ":").replace("%3a", ":");
    let parts: Vec<&str> = header.split(':').collect();
    let [trace, span, _parent, flags] = parts[..] else {
        return None;
    };
    // Leading zeros may be missing.
    let trace = trace_id(&format!("{trace:0>32}"), &[32])?;
    let span = span_id(&format!("{span:0>16}"), &[16])?;
    let flags = u8::from_str_radix(flags, 16).ok()?;
    let is_debugged = flags & DEBUG != 0;
    let sampled = if is_debugged || flags & SAMPLED != 0 {
        TraceFlags::SAMPLED
    } else {
        TraceFlags::default()
    };
    let remote = SpanContext::new(trace, span, sampled, true, TraceState::default());
    Some((remote, is_debugged))
}

fn entries(extractor: &dyn Extractor) -> Vec<(String, String)> {
    let headers = extractor.keys().into_iter();
    let entries = headers.filter_map(|header| {
        let key = header.get(BAGGAGE.len()..).filter(|key| !key.is_empty())?;
        let is_ours = header[..BAGGAGE.len()].eq_ignore_ascii_case(BAGGAGE);
        let value = extractor.get(header).filter(|_| is_ours)?;
        Some((key.to_owned(), value.to_owned()))
    });
    entries.collect()
}
