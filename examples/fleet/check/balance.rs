//! The balance of a run: made = kept + dropped by a decision + lost, trace by trace.

use std::collections::BTreeSet;

use crate::jaeger::as_jaeger_has_it;
use crate::reports::Reports;
use crate::rule::{Reason, Rule};
use crate::spans::{Trace, Traces};

/// The traces that were made in a run, and those seen at each later station.
pub(crate) struct Run {
    /// The spans that the processes wrote to their own files.
    pub(crate) made: Traces,
    /// The spans that came through Kafka.
    pub(crate) archived: Traces,
    /// The spans that a decider exported.
    pub(crate) kept: Traces,
    /// The spans that Jaeger's query API returned.
    pub(crate) in_jaeger: Traces,
    /// The reports of the processes.
    pub(crate) reports: Reports,
}

/// A number of traces and of spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) traces: usize,
    pub(crate) spans: usize,
}

impl Count {
    fn add(&mut self, trace: &Trace) {
        self.traces += 1;
        self.spans += trace.len();
    }
}

/// The traces of a run, counted by what became of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Balance {
    pub(crate) made: Count,
    pub(crate) archived: Count,
    pub(crate) kept_for_errors: Count,
    pub(crate) kept_as_slow: Count,
    pub(crate) kept_as_baseline: Count,
    pub(crate) dropped: Count,
    /// Spans that never reached Kafka, and traces without a span that did.
    pub(crate) lost: Count,
    /// Violations of the balance, each as a sentence.
    pub(crate) faults: Vec<String>,
}

impl Balance {
    /// Assigns every trace to one count; a trace in none or in several, or with a missing or
    /// changed span, is a fault.
    pub(crate) fn of(run: &Run, rule: Rule) -> Self {
        let mut balance = Balance::default();
        let nothing = Trace::new();
        for (id, made) in &run.made.by_id {
            let archived = run.archived.by_id.get(id).unwrap_or(&nothing);
            let kept = run.kept.by_id.get(id).unwrap_or(&nothing);
            balance.made.add(made);
            balance.place(id, made, archived, kept, rule);
            balance.ask_jaeger(id, kept, run.in_jaeger.by_id.get(id).unwrap_or(&nothing));
        }
        let made: BTreeSet<_> = run.made.by_id.keys().collect();
        for (place, traces) in [
            ("Kafka", &run.archived),
            ("the file", &run.kept),
            ("Jaeger", &run.in_jaeger),
        ] {
            for id in traces.by_id.keys().filter(|id| !made.contains(id)) {
                balance
                    .faults
                    .push(format!("{id} is in {place}, and nobody made it"));
            }
        }
        balance.compare(&run.reports);
        balance
    }

    fn place(&mut self, id: &str, made: &Trace, archived: &Trace, kept: &Trace, rule: Rule) {
        let mut fault = |what: String| self.faults.push(format!("{id}: {what}"));
        for (place, spans) in [("Kafka", archived), ("the file", kept)] {
            for (span_id, span) in spans {
                if made.get(span_id) != Some(span) {
                    fault(format!(
                        "{place} has {span:?}, made was {:?}",
                        made.get(span_id)
                    ));
                }
            }
        }
        if archived.is_empty() {
            self.lost.add(made);
            return;
        }
        self.archived.add(archived);
        self.lost.spans += made.len() - archived.len().min(made.len());
        let Some(reason) = rule.reason(id, archived) else {
            if !kept.is_empty() {
                fault(format!(
                    "no policy wants it, and {} spans are kept",
                    kept.len()
                ));
            }
            self.dropped.add(archived);
            return;
        };
        if kept.len() != archived.len() {
            let (kept, archived) = (kept.len(), archived.len());
            fault(format!(
                "wanted ({reason:?}), but {kept} of {archived} spans are kept"
            ));
        }
        match reason {
            Reason::Error => self.kept_for_errors.add(kept),
            Reason::Slow => self.kept_as_slow.add(kept),
            Reason::Baseline => self.kept_as_baseline.add(kept),
        }
    }

    fn ask_jaeger(&mut self, id: &str, kept: &Trace, in_jaeger: &Trace) {
        let expected: Trace = kept
            .iter()
            .map(|(id, span)| (id.clone(), as_jaeger_has_it(span)))
            .collect();
        if expected != *in_jaeger {
            let first = expected
                .iter()
                .find(|(id, span)| in_jaeger.get(*id) != Some(span));
            let answer = first.and_then(|(id, _)| in_jaeger.get(id));
            self.faults.push(format!(
                "{id}: Jaeger has {} of {} spans; first of those that differ: {first:?}, in Jaeger {answer:?}",
                in_jaeger.len(),
                expected.len(),
            ));
        }
    }

    fn compare(&mut self, reports: &Reports) {
        let kept = self.kept();
        let mut fault = |what: String| self.faults.push(what);
        let made = self.made.spans as u64;
        if (reports.written, reports.ended) != (made, made) {
            fault(format!(
                "{made} spans are in the files of the processes, whose reports say {reports:?}"
            ));
        }
        if reports.exported + reports.lost != reports.ended {
            fault(format!("the reports do not add up: {reports:?}"));
        }
        let lost = self.lost.spans as u64;
        if lost > reports.lost {
            fault(format!(
                "{lost} spans never came to Kafka, and {} are reported",
                reports.lost
            ));
        }
        if kept.spans + self.dropped.spans + self.lost.spans != self.made.spans
            || kept.traces + self.dropped.traces + self.lost.traces != self.made.traces
        {
            fault(format!(
                "the balance does not add up: {:?} were made",
                self.made
            ));
        }
    }

    /// The kept traces, whatever the reason.
    pub(crate) fn kept(&self) -> Count {
        let reasons = [
            self.kept_for_errors,
            self.kept_as_slow,
            self.kept_as_baseline,
        ];
        Count {
            traces: reasons.iter().map(|count| count.traces).sum(),
            spans: reasons.iter().map(|count| count.spans).sum(),
        }
    }
}
