//! Spans or log records as JSON, with their scopes.

use std::collections::VecDeque;
use std::io::{self, Write};

use opentelemetry::InstrumentationScope;
#[cfg(feature = "init")]
use opentelemetry_sdk::trace::SpanData;

use super::json;

/// The bytes of JSON that are kept of spans, and of log records; beyond that, the oldest are dropped.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// The memory that an item takes in addition to its text.
const OVERHEAD: usize = 32;

/// The latest items, up to a bound.
#[derive(Clone, Debug, Default)]
pub(super) struct Items {
    scopes: Vec<InstrumentationScope>,
    /// The items, each with the index of its scope.
    items: VecDeque<(usize, Box<str>)>,
    bytes: usize,
    dropped: u64,
}

impl Items {
    pub(super) fn push(&mut self, scope: &InstrumentationScope, json: String) {
        // A program has few scopes, and items next to each other often have the same one.
        let known = self.scopes.iter().rposition(|known| known == scope);
        let place = known.unwrap_or_else(|| {
            self.scopes.push(scope.clone());
            self.scopes.len() - 1
        });
        self.bytes += json.len() + OVERHEAD;
        self.items.push_back((place, json.into_boxed_str()));
        while self.bytes > MOST_BYTES {
            let Some((_, oldest)) = self.items.pop_front() else {
                break;
            };
            self.bytes -= oldest.len() + OVERHEAD;
            self.dropped += 1;
        }
    }

    #[cfg(feature = "init")]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// A copy with additional spans that have not ended.
    #[cfg(feature = "init")]
    pub(super) fn with_open(&self, open: impl Iterator<Item = SpanData>) -> Items {
        let mut all = self.clone();
        for span in open {
            all.push(&span.instrumentation_scope, json::span(&span, false));
        }
        all
    }

    /// Writes `"scopeSpans":[{"scope":..,"spans":[..]},..]`, in the order of arrival.
    pub(super) fn write(&self, out: &mut impl Write, scopes: &str, items: &str) -> io::Result<()> {
        let mut by_scope: Vec<Vec<&str>> = vec![Vec::new(); self.scopes.len()];
        for (place, json) in &self.items {
            by_scope[*place].push(json);
        }
        write!(out, "\"{scopes}\":[")?;
        let mut comma = "";
        for (scope, of_scope) in self.scopes.iter().zip(by_scope) {
            let scope = json::scope(scope);
            write!(out, "{comma}{{\"scope\":{scope},\"{items}\":[")?;
            comma = ",";
            let mut between: &[u8] = b"\n";
            for json in of_scope {
                out.write_all(between)?;
                out.write_all(json.as_bytes())?;
                between = b",\n";
            }
            out.write_all(b"]}")?;
        }
        out.write_all(b"]")
    }
}
