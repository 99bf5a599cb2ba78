//! The Collectors' own metrics in Prometheus' text format, and the calls counted by `spanmetrics`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::Failed;
use crate::spans::{list, text};

/// The metrics of a Collector: each value by its name with labels, as exported.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts(BTreeMap<String, f64>);

impl Counts {
    pub(crate) fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let rows = lines.filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            Some((series.to_owned(), value.parse().ok()?))
        });
        Counts(rows.collect())
    }

    /// The sum of a metric over the series whose labels have `label`.
    pub(crate) fn sum(&self, metric: &str, label: &str) -> u64 {
        let rows = self.0.iter().filter(|(series, _)| {
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            name == metric && labels.contains(label)
        });
        rows.map(|(_, value)| *value as u64).sum()
    }
}

/// The difference between two readings of each Collector's metrics; a Collector that is missing in
/// the first starts at zero.
pub(crate) struct Between {
    before: BTreeMap<String, Counts>,
    after: BTreeMap<String, Counts>,
}

impl Between {
    pub(crate) fn read(before: &Path, after: &Path) -> Result<Self, Failed> {
        Ok(Between {
            before: read_all(before)?,
            after: read_all(after)?,
        })
    }

    /// The sum over the Collectors whose name starts with `collectors` and which still run.
    pub(crate) fn of(&self, collectors: &str, metric: &str, label: &str) -> u64 {
        let meant = self
            .after
            .iter()
            .filter(|(name, _)| name.starts_with(collectors));
        let counted = meant.map(|(name, after)| {
            let before = self
                .before
                .get(name)
                .map_or(0, |before| before.sum(metric, label));
            after.sum(metric, label).saturating_sub(before)
        });
        counted.sum()
    }

    /// The number of traces that wait for a decision.
    pub(crate) fn undecided(&self) -> u64 {
        let deciders = self
            .after
            .iter()
            .filter(|(name, _)| name.starts_with("decider"));
        let undecided = deciders.map(|(_, counts)| {
            let received = counts.sum("otelcol_processor_tail_sampling_new_trace_id_received", "");
            received.saturating_sub(counts.sum(DECIDED, ""))
        });
        undecided.sum()
    }
}

/// The metric of decided traces, with the label `sampled`.
pub(crate) const DECIDED: &str = "otelcol_processor_tail_sampling_global_count_traces_sampled";

fn read_all(folder: &Path) -> Result<BTreeMap<String, Counts>, Failed> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        all.insert(name.into_owned(), Counts::read(&fs::read_to_string(&path)?));
    }
    Ok(all)
}

/// The final number of spans by service and name, as `spanmetrics` counted them.
pub(crate) fn calls(lines: &str) -> Result<BTreeMap<(String, String), u64>, Failed> {
    let mut calls = BTreeMap::new();
    let whole = lines.rfind('\n').map_or("", |end| &lines[..end]);
    for line in whole.lines() {
        let message: Value = serde_json::from_str(line)?;
        let metrics = list(&message["resourceMetrics"]).iter();
        let metrics = metrics.flat_map(|resource| list(&resource["scopeMetrics"]));
        let metrics = metrics.flat_map(|scope| list(&scope["metrics"]));
        let calls_of_line = metrics.filter(|metric| metric["name"] == "traces.span.metrics.calls");
        let mut latest: BTreeMap<(String, String), u64> = BTreeMap::new();
        for point in calls_of_line.flat_map(|metric| list(&metric["sum"]["dataPoints"])) {
            let attribute = |key: &str| {
                let mut all = list(&point["attributes"]).iter();
                let found = all.find(|attribute| attribute["key"] == key);
                found.map_or(String::new(), |found| text(&found["value"]["stringValue"]))
            };
            let count: u64 = text(&point["asInt"]).parse()?;
            *latest
                .entry((attribute("service.name"), attribute("span.name")))
                .or_default() += count;
        }
        // The values are cumulative, so the last line of a series has the total.
        calls.extend(latest);
    }
    Ok(calls)
}
