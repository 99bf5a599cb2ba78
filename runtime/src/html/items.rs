//! Spans or log records as JSON, with their scopes.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;

use opentelemetry::InstrumentationScope;
#[cfg(feature = "init")]
use opentelemetry_sdk::trace::SpanData;

use super::json;

/// The bytes of JSON that are kept of spans, and of log records; beyond that, the oldest are dropped.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// The memory that an item takes in addition to its text.
const OVERHEAD: usize = 40;

/// How many of the latest scopes are compared with that of a new item. An older scope is kept again, so that a program
/// that makes scopes as it runs does not search through all of them.
const COMPARED: usize = 256;

/// The latest items, up to a bound. A clone shares their texts, so it is cheap enough to be made under a lock.
#[derive(Clone, Debug, Default)]
pub(super) struct Items {
    scopes: VecDeque<InstrumentationScope>,
    /// The number of scopes that were dropped, as no item has them any more.
    dropped_scopes: usize,
    /// The items, each with the number of its scope. The first scope has the number 0, also after it was dropped.
    items: VecDeque<(usize, Arc<str>)>,
    bytes: usize,
    dropped: u64,
}

impl Items {
    pub(super) fn push(&mut self, scope: &InstrumentationScope, json: Arc<str>) {
        let number = self.number_of(scope);
        self.bytes += json.len() + OVERHEAD;
        self.items.push_back((number, json));
        while self.bytes > MOST_BYTES {
            let Some((_, oldest)) = self.items.pop_front() else {
                break;
            };
            self.bytes -= oldest.len() + OVERHEAD;
            self.dropped += 1;
        }
        self.drop_scopes();
    }

    fn number_of(&mut self, scope: &InstrumentationScope) -> usize {
        // Items next to each other often have the same scope.
        let mut latest = self.scopes.iter().enumerate().rev().take(COMPARED);
        let known = latest.find(|(_, known)| *known == scope);
        let at = known.map(|(at, _)| at).unwrap_or_else(|| {
            self.scopes.push_back(scope.clone());
            self.scopes.len() - 1
        });
        self.dropped_scopes + at
    }

    /// Drops scopes that no item has any more. An item that came after another one has a scope that was among the
    /// [`COMPARED`] ones then, so its number is not smaller than that of the other one by more.
    fn drop_scopes(&mut self) {
        let Some((oldest, _)) = self.items.front() else {
            return;
        };
        let first = (oldest + 1).saturating_sub(COMPARED);
        while self.dropped_scopes < first {
            self.scopes.pop_front();
            self.dropped_scopes += 1;
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

    /// Adds spans that have not ended.
    #[cfg(feature = "init")]
    pub(super) fn with_open(mut self, open: impl Iterator<Item = SpanData>) -> Items {
        for span in open {
            let json = json::span(&span, false);
            self.push(&span.instrumentation_scope, json.into());
        }
        self
    }

    /// Writes `"scopeSpans":[{"scope":..,"spans":[..]},..]`, in the order of arrival.
    pub(super) fn write(&self, out: &mut impl Write, scopes: &str, items: &str) -> io::Result<()> {
        let mut by_scope: Vec<Vec<&str>> = vec![Vec::new(); self.scopes.len()];
        for (number, json) in &self.items {
            by_scope[number - self.dropped_scopes].push(json);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(number: usize) -> InstrumentationScope {
        InstrumentationScope::builder(number.to_string()).build()
    }

    #[test]
    fn scopes_that_a_program_makes_as_it_runs_are_dropped_with_their_items() {
        let mut items = Items::default();
        let (many, json) = (1000, Arc::<str>::from("x".repeat(MOST_BYTES / 1000)));
        for number in 0..3 * many {
            items.push(&scope(number), json.clone());
            // Items of a scope that comes again and again stay those of this scope.
            items.push(&scope(usize::MAX), json.clone());
        }
        assert!(
            items.scopes.len() <= many + COMPARED,
            "{}",
            items.scopes.len()
        );
        for (at, (number, _)) in items.items.iter().rev().enumerate() {
            let expected = match at % 2 {
                0 => usize::MAX,
                _ => 3 * many - 1 - at / 2,
            };
            assert_eq!(items.scopes[number - items.dropped_scopes], scope(expected));
        }
    }
}
