//! The expected traces, the ones that arrived, and the differences.

use std::collections::BTreeMap;

use crate::forest::Forest;
use crate::outline::Outline;
use crate::receiver::Receiver;
use crate::spans::{Span, Trace};

/// A request with its expected traces.
pub(crate) struct Scenario {
    name: &'static str,
    trace: Trace,
    expected: Outline,
    /// A span and the shortest duration it may have, in milliseconds.
    takes: Option<(&'static str, f64)>,
}

impl Scenario {
    pub(crate) fn of(name: &'static str, trace: Trace, expected: &str) -> Self {
        Scenario {
            name,
            trace,
            expected: Outline::read(expected),
            takes: None,
        }
    }

    /// The same scenario with a span that must take at least so long.
    pub(crate) fn in_which(self, span: &'static str, takes_ms: f64) -> Self {
        Scenario {
            takes: Some((span, takes_ms)),
            ..self
        }
    }

    /// Waits for the last span; returns whether it arrived.
    pub(crate) async fn has_arrived_at(&self, receiver: &Receiver) -> bool {
        let is_complete = |spans: &[Span]| self.outline(&Forest::of(spans)) == self.expected;
        receiver.wait_until(is_complete).await
    }

    /// The trace of the request, then those that link to it.
    fn traces<'t>(&'t self, forest: &Forest<'t>) -> impl Iterator<Item = &'t Trace> {
        [&self.trace]
            .into_iter()
            .chain(forest.linked_to(&self.trace))
    }

    fn outline(&self, forest: &Forest<'_>) -> Outline {
        let outlines = self.traces(forest).map(|trace| forest.outline(trace));
        outlines.fold(Outline::default(), Outline::and)
    }

    fn faults(&self, forest: &Forest<'_>) -> Vec<String> {
        let name = self.name;
        let mut faults = Vec::new();
        for trace in self.traces(forest) {
            let trees = forest.roots(trace).count();
            if trees != 1 {
                let picture = forest.picture(trace);
                faults.push(format!("{name}: a trace of {trees} trees:\n{picture}"));
            }
        }
        let (expected, arrived) = (&self.expected, self.outline(forest));
        if arrived != *expected {
            faults.push(format!(
                "{name}: expected\n{expected}but this arrived\n{arrived}"
            ));
        }
        if let Some((span, ms)) = self.takes {
            let mut took = forest.named(span, &self.trace).map(Span::took_ms);
            if !took.any(|took| took >= ms) {
                faults.push(format!("{name}: no `{span}` took {ms} ms"));
            }
        }
        faults
    }
}

/// Every difference, as a sentence.
pub(crate) fn faults(scenarios: &[Scenario], spans: &[Span]) -> Vec<String> {
    let forest = Forest::of(spans);
    let mut faults = forest.faults();
    let mut strays = forest.traces();
    for scenario in scenarios {
        faults.extend(scenario.faults(&forest));
        for trace in scenario.traces(&forest) {
            strays.remove(trace);
        }
    }
    let strays = strays.into_iter();
    faults.extend(strays.map(|stray| format!("a stray trace:\n{}", forest.picture(stray))));
    faults
}

/// Prints all trees.
pub(crate) fn print(scenarios: &[Scenario], spans: &[Span]) {
    let forest = Forest::of(spans);
    for scenario in scenarios {
        println!("\n== {}", scenario.name);
        for trace in scenario.traces(&forest) {
            print!("{}", forest.picture(trace));
        }
    }
    let mut services = BTreeMap::new();
    for span in spans {
        *services.entry(&span.service).or_insert(0) += 1;
    }
    let services = services
        .into_iter()
        .map(|(name, count)| format!("{name} {count}"));
    let services = services.collect::<Vec<_>>().join(", ");
    let (scenarios, traces, spans) = (scenarios.len(), forest.traces().len(), spans.len());
    println!("\n{scenarios} scenarios, {traces} traces, {spans} spans: {services}");
}
