//! Compares what the processes made with what came out of the fleet, and prints the balance.
//!
//! `fleet-check FOLDER RUN` reads the folder that `run` fills, and from the environment the policy
//! of the deciders (`SLOW_MS`, `BASELINE_PERCENT`). It fails if a single span is not accounted for.
//! In the run `quiet` every count of every Collector has to be exact; in runs with a fault,
//! messages that were sent or read again are counted again.

mod balance;
mod jaeger;
mod metrics;
mod reports;
mod rule;
mod spans;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use crate::balance::{Balance, Run};
use crate::metrics::{Between, DECIDED};
use crate::reports::Reports;
use crate::rule::Rule;
use crate::spans::Traces;

pub(crate) type Failed = Box<dyn Error + Send + Sync>;

fn main() -> Result<ExitCode, Failed> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, name] = &arguments[..] else {
        return Err("usage: fleet-check FOLDER RUN".into());
    };
    let (folder, this) = (Path::new(folder), Path::new(folder).join(name));
    let rule = Rule {
        slow_ms: env::var("SLOW_MS")?.parse()?,
        baseline_percent: env::var("BASELINE_PERCENT")?.parse()?,
    };

    let made = Traces::read(&this.join("made"), ".jsonl")?;
    let before = made_before(folder, name)?;
    let of_this = |traces: Traces| traces.filter(|id| !before.contains(id));
    let run = Run {
        made,
        archived: of_this(Traces::read(&folder.join("archive"), "archive.jsonl")?),
        kept: of_this(Traces::read(&folder.join("kept"), ".jsonl")?),
        in_jaeger: of_this(jaeger::read(&folder.join("jaeger"))?),
        reports: Reports::read(&this.join("reports"))?,
    };
    let counts = Between::read(&this.join("before"), &this.join("after"))?;

    let mut balance = Balance::of(&run, rule);
    ask_collectors(&mut balance, &counts, name == "quiet");
    if name == "quiet" {
        let lines = fs::read_to_string(folder.join("archive/spanmetrics.jsonl"))?;
        ask_spanmetrics(&mut balance, &run.made, &metrics::calls(&lines)?);
    }
    print!("{}", table::of(&balance, &run, &counts));
    if balance.faults.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("\n{} faults:", balance.faults.len());
    balance
        .faults
        .iter()
        .take(20)
        .for_each(|fault| println!("- {fault}"));
    Ok(ExitCode::FAILURE)
}

/// The trace ids of all other runs.
fn made_before(folder: &Path, name: &str) -> Result<BTreeSet<String>, Failed> {
    let mut ids = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let made = entry.path().join("made");
        if entry.file_name() != *name && made.is_dir() {
            ids.extend(Traces::read(&made, ".jsonl")?.by_id.into_keys());
        }
    }
    Ok(ids)
}

fn ask_collectors(balance: &mut Balance, counts: &Between, is_exact: bool) {
    let undecided = counts.undecided();
    if undecided > 0 {
        balance
            .faults
            .push(format!("{undecided} traces wait for a decision"));
    }
    for collectors in ["agent", "relay", "archive", "decider"] {
        for metric in [
            "otelcol_exporter_send_failed_spans",
            "otelcol_exporter_enqueue_failed_spans",
            "otelcol_processor_tail_sampling_sampling_trace_dropped_too_early",
        ] {
            let count = counts.of(collectors, metric, "");
            if count > 0 {
                balance
                    .faults
                    .push(format!("{collectors}: {metric} is {count}"));
            }
        }
    }
    let kept = balance.kept();
    let (archived, dropped) = (balance.archived, balance.dropped);
    let sent = counts.of("agent", "otelcol_exporter_sent_spans", "kafka")
        + counts.of("relay", "otelcol_exporter_sent_spans", "kafka");
    let spans_kept = counts.of("decider", "otelcol_exporter_sent_spans", "otlp");
    for (what, counted, expected) in [
        ("spans written to Kafka by agents", sent, archived.spans),
        (
            "spans read by deciders",
            counts.of("decider", "otelcol_receiver_accepted_spans", ""),
            archived.spans,
        ),
        (
            "traces kept by deciders",
            counts.of("decider", DECIDED, "sampled=\"true\""),
            kept.traces,
        ),
        (
            "traces dropped by deciders",
            counts.of("decider", DECIDED, "sampled=\"false\""),
            dropped.traces,
        ),
        ("spans sent to Jaeger", spans_kept, kept.spans),
    ] {
        let expected = expected as u64;
        if is_exact && counted != expected {
            balance.faults.push(format!(
                "{what}: {counted} by their own count, not {expected}"
            ));
        }
    }
}

/// Rates are computed before sampling, so every span that was made must be in them.
fn ask_spanmetrics(
    balance: &mut Balance,
    made: &Traces,
    counted: &BTreeMap<(String, String), u64>,
) {
    let mut expected: BTreeMap<(String, String), u64> = BTreeMap::new();
    for span in made.by_id.values().flat_map(BTreeMap::values) {
        *expected
            .entry((span.service.clone(), span.name.clone()))
            .or_default() += 1;
    }
    if *counted != expected {
        balance.faults.push(format!(
            "spanmetrics counted {counted:?}, made were {expected:?}"
        ));
    }
}
