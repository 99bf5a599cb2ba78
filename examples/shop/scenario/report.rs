//! What is said in the end.

use std::collections::{BTreeMap, BTreeSet};

use crate::Failed;
use crate::customer::Answer;
use crate::receiver::Receiver;
use crate::spans::Span;
use crate::trees::{Forest, Outline};

pub(crate) struct Scenario {
    name: &'static str,
    trace: Vec<u8>,
    expected: Vec<Outline>,
}

impl Scenario {
    /// Of a request that must have been answered with `status`.
    pub(crate) fn of(
        name: &'static str,
        answer: &Answer,
        status: u16,
        expected: &str,
    ) -> Result<Self, Failed> {
        if answer.status != status {
            let (answered, why) = (answer.status, &answer.body);
            return Err(format!("{name}: {status} was expected, not {answered}: {why}").into());
        }
        Ok(Scenario {
            name,
            trace: answer.trace.clone(),
            expected: Outline::read(expected),
        })
    }

    /// Waits for its last span.
    pub(crate) async fn arrived_at(self, receiver: &Receiver) -> Self {
        let is_complete = |spans: &[Span]| self.outline(&Forest::of(spans)) == self.expected;
        receiver.wait_until(is_complete).await;
        self
    }

    /// The trace, then those that link to it.
    fn traces(&self, forest: &Forest<'_>) -> Vec<Vec<u8>> {
        let mut linked = forest.linked_to(&self.trace);
        linked.remove(&self.trace);
        [self.trace.clone()].into_iter().chain(linked).collect()
    }

    fn outline(&self, forest: &Forest<'_>) -> Vec<Outline> {
        let traces = self.traces(forest).into_iter();
        let mut trees: Vec<_> = traces.flat_map(|trace| forest.outline(&trace)).collect();
        trees.sort();
        trees
    }

    fn print(&self, forest: &Forest<'_>) {
        println!("\n== {}", self.name);
        for trace in self.traces(forest) {
            print!("{}", forest.picture(&trace));
        }
    }
}

/// Prints the trees and what is wrong with them; whether nothing is.
pub(crate) fn print(scenarios: &[Scenario], spans: &[Span]) -> bool {
    let forest = Forest::of(spans);
    let mut faults = forest.faults();
    let mut strays: BTreeSet<Vec<u8>> = spans.iter().map(|span| span.trace().to_vec()).collect();
    let mut trees = 0;
    for scenario in scenarios {
        scenario.print(&forest);
        for trace in scenario.traces(&forest) {
            strays.remove(&trace);
            let roots = forest.roots(&trace).len();
            trees += roots;
            if roots != 1 {
                faults.push(format!("{}: {roots} trees in one trace", scenario.name));
            }
        }
        let outline = scenario.outline(&forest);
        if outline != scenario.expected {
            let (expected, outline) =
                (Outline::write(&scenario.expected), Outline::write(&outline));
            faults.push(format!(
                "{}: expected\n{expected}but this arrived\n{outline}",
                scenario.name
            ));
        }
    }
    for stray in strays {
        faults.push(format!("a stray trace:\n{}", forest.picture(&stray)));
    }

    let mut services = BTreeMap::new();
    for span in spans {
        *services.entry(span.service.as_str()).or_insert(0) += 1;
    }
    let services: Vec<_> = services
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    println!(
        "\n{} scenarios, {trees} trees, {} spans: {}",
        scenarios.len(),
        spans.len(),
        services.join(", ")
    );
    for fault in &faults {
        println!("\nWRONG: {fault}");
    }
    if faults.is_empty() {
        println!("Every scenario is one tree with its links: no orphan, no stray root.");
    }
    faults.is_empty()
}
