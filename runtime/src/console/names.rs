//! Names of spans that were printed, for links and late spans that refer to them.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

use opentelemetry::trace::{SpanId, TraceId};

/// Span ids are unique within their trace only.
pub(super) type SpanKey = (TraceId, SpanId);

/// How many names are remembered. A link to an older span shows only its id.
const REMEMBERED: usize = 4_096;

/// The names of the last spans that were printed.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: HashMap<SpanKey, Cow<'static, str>>,
    order: VecDeque<SpanKey>,
}

impl Names {
    pub(super) fn insert(&mut self, span: SpanKey, name: Cow<'static, str>) {
        if self.names.insert(span, name).is_some() {
            return;
        }
        self.order.push_back(span);
        if self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.names.remove(&oldest);
            }
        }
    }

    pub(super) fn get(&self, span: &SpanKey) -> Option<&Cow<'static, str>> {
        self.names.get(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(number: u64) -> SpanKey {
        (TraceId::from(1_u128), SpanId::from(number))
    }

    #[test]
    fn a_name_is_remembered() {
        let mut names = Names::default();
        names.insert(span(1), "load".into());
        assert_eq!(names.get(&span(1)).map(AsRef::as_ref), Some("load"));
    }

    #[test]
    fn the_oldest_name_is_forgotten() {
        let mut names = Names::default();
        for number in 0..=REMEMBERED as u64 {
            names.insert(span(number), "load".into());
        }
        assert_eq!(names.get(&span(0)), None);
    }

    #[test]
    fn a_name_given_twice_counts_once() {
        let mut names = Names::default();
        for _ in 0..=REMEMBERED {
            names.insert(span(1), "load".into());
        }
        assert_eq!(names.order.len(), 1);
    }
}
