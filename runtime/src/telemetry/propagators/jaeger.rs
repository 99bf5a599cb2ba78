//! The propagator for the headers of Jaeger's own clients.
//!
//! `opentelemetry-jaeger-propagator` has no release for this version of OpenTelemetry.
//!
//! Specification: Jaeger, *Client Libraries*, "Propagation Format".

use std::sync::LazyLock;

use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};

use super::b3::{Debugged, span_id, trace_id};
use crate::percent_encoding;

const HEADER: &str = "uber-trace-id";
const BAGGAGE: &str = "uberctx-";
/// A header with `key=value,key=value`, for requests that a person writes, for example with `curl`. It is read
/// and never written.
const BAGGAGE_BY_HAND: &str = "jaeger-baggage";

static FIELDS: LazyLock<[String; 1]> = LazyLock::new(|| [HEADER.to_owned()]);

const SAMPLED: u8 = 1;
const DEBUG: u8 = 2;

/// The largest number of entries that are read: OpenTelemetry's baggage cannot have more.
const MAX_ENTRIES: usize = 64;

/// Reads and writes `uber-trace-id: {trace}:{span}:{parent, now always 0}:{flags}`, and one header for each entry of
/// the baggage.
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
            let mut encoded = String::new();
            percent_encoding::encode(value.as_str(), is_plain, &mut encoded);
            injector.set(&format!("{BAGGAGE}{key}"), encoded);
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
            // Baggage that another propagator has read is kept.
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

/// Whether a byte of a value is not percent-encoded. This is the set of Jaeger's own clients.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn read(header: &str) -> Option<(SpanContext, bool)> {
    // Some clients encode the colons.
    let header = decode(header);
    let parts: Vec<&str> = header.split(':').collect();
    let [trace, span, _parent, flags] = parts[..] else {
        return None;
    };
    // Leading zeros may be missing.
    let trace = trace_id(&format!("{trace:0>32}"), &[32])?;
    let span = span_id(&format!("{span:0>16}"), &[16])?;
    let is_number = flags.bytes().all(|byte| byte.is_ascii_hexdigit());
    let flags = u8::from_str_radix(flags, 16).ok().filter(|_| is_number)?;
    let is_debugged = flags & DEBUG != 0;
    let sampled = if is_debugged || flags & SAMPLED != 0 {
        TraceFlags::SAMPLED
    } else {
        TraceFlags::default()
    };
    let remote = SpanContext::new(trace, span, sampled, true, TraceState::default());
    Some((remote, is_debugged))
}

/// The entries of the baggage. The number of lookups is limited, as a carrier may search all its headers in each.
fn entries(extractor: &dyn Extractor) -> Vec<(String, String)> {
    let by_hand = extractor.get_all(BAGGAGE_BY_HAND).unwrap_or_default();
    let pairs = by_hand.into_iter().flat_map(|header| header.split(','));
    let pairs = pairs.filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        Some((key.trim().to_owned(), decode(value)))
    });
    let headers = extractor.keys().into_iter().filter_map(|header| {
        let (prefix, key) = header.split_at_checked(BAGGAGE.len())?;
        let is_ours = prefix.eq_ignore_ascii_case(BAGGAGE) && !key.is_empty();
        is_ours.then_some((header, key))
    });
    let headers = headers.take(MAX_ENTRIES).filter_map(|(header, key)| {
        let value = extractor.get(header)?;
        Some((key.to_owned(), decode(value)))
    });
    pairs.take(MAX_ENTRIES).chain(headers).collect()
}

/// Decodes URL encoding, in which a plus sign is a space. Invalid sequences are not changed.
fn decode(text: &str) -> String {
    let spaced = text.trim().replace('+', " ");
    percent_encoding::decode(spaced)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn extracted(headers: &[(&str, &str)]) -> Vec<(String, String)> {
        let headers = headers
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let headers: HashMap<String, String> = headers.collect();
        let context = Jaeger.extract_with_context(&Context::new(), &headers);
        let mut entries: Vec<_> = context
            .baggage()
            .iter()
            .map(|(key, (value, _))| (key.to_string(), value.to_string()))
            .collect();
        entries.sort();
        entries
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn baggage_is_url_encoded_and_decoded() {
        for value in [
            "a b",
            "a+b",
            "100%",
            "é ☃",
            "a\r\nx: 1",
            "\0\u{7f}",
            "a=b,c;d",
            "",
        ] {
            let baggage = [KeyValueMetadata::new("key", value.to_owned(), "")];
            let context = Context::new().with_baggage(baggage);
            let mut headers: HashMap<String, String> = HashMap::new();
            Jaeger.inject_context(&context, &mut headers);
            let written = &headers["uberctx-key"];
            assert!(
                written.bytes().all(|byte| byte.is_ascii_graphic()),
                "{value:?}: {written}"
            );
            assert_eq!(extracted(&[("uberctx-key", written)]), [pair("key", value)]);
        }
        for (written, value) in [
            ("a%20b", "a b"),
            ("a+b", "a b"),
            ("a%2Bb", "a+b"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("caf%c3%A9", "café"),
            ("%ff", "\u{fffd}"),
        ] {
            assert_eq!(extracted(&[("uberctx-key", written)]), [pair("key", value)]);
        }
    }

    #[test]
    fn the_header_jaeger_baggage_is_read() {
        let header = "a=1, b = x%2Cy ,none,=,c=";
        assert_eq!(
            extracted(&[("jaeger-baggage", header), ("uberctx-d", "2")]),
            [
                pair("a", "1"),
                pair("b", "x,y"),
                pair("c", ""),
                pair("d", "2")
            ]
        );
    }

    #[test]
    fn each_header_is_looked_up_at_most_once_and_only_for_baggage() {
        use std::cell::Cell;

        struct Counting(Vec<String>, Cell<usize>);

        impl Extractor for Counting {
            fn get(&self, _: &str) -> Option<&str> {
                self.1.set(self.1.get() + 1);
                Some("1")
            }

            fn keys(&self) -> Vec<&str> {
                self.0.iter().map(String::as_str).collect()
            }
        }

        let lookups = |prefix: &str| {
            let keys = (0..10_000).map(|index| format!("{prefix}{index}"));
            let headers = Counting(keys.collect(), Cell::new(0));
            Jaeger.extract_with_context(&Context::new(), &headers);
            headers.1.get()
        };
        // The few headers that are read by name.
        assert!(lookups("x-") < 5);
        assert!(lookups("uberctx-") < MAX_ENTRIES + 5);
    }

    #[test]
    fn a_trace_may_be_url_encoded_and_flags_are_digits() {
        let trace = "abc%3A1%3A0%3A1";
        assert!(read(trace).is_some());
        assert!(read("abc:1:0:+1").is_none());
        assert!(read("abc:1:0:").is_none());
    }
}
