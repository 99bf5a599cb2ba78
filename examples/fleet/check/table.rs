//! Writes the balance as a Markdown table.

use std::fmt::Write as _;

use crate::balance::{Balance, Count, Run};
use crate::metrics::{Between, DECIDED};

pub(crate) fn of(balance: &Balance, run: &Run, counts: &Between) -> String {
    let mut table = String::from("| balance | traces | spans |\n|---|--:|--:|\n");
    let kept = balance.kept();
    let Balance {
        made,
        dropped,
        lost,
        ..
    } = *balance;
    let sum = Count {
        traces: kept.traces + dropped.traces + lost.traces,
        spans: kept.spans + dropped.spans + lost.spans,
    };
    for (what, count) in [
        ("kept: an error", balance.kept_for_errors),
        ("kept: slow", balance.kept_as_slow),
        ("kept: baseline", balance.kept_as_baseline),
        ("dropped by a decision", dropped),
        ("lost before Kafka", lost),
        ("**sum**", sum),
        ("**made**", made),
    ] {
        row(&mut table, what, count.traces, count.spans);
    }
    table.push_str("\n| who says so | traces | spans |\n|---|--:|--:|\n");
    let reports = run.reports;
    row(
        &mut table,
        "reports of the processes: ended",
        "",
        reports.ended,
    );
    row(&mut table, "… exported", "", reports.exported);
    row(&mut table, "… dropped or failed", "", reports.lost);
    let agents = ["agent", "relay"];
    let of_agents = |metric, label| {
        agents
            .iter()
            .map(|agent| counts.of(agent, metric, label))
            .sum::<u64>()
    };
    row(
        &mut table,
        "agents: received",
        "",
        of_agents("otelcol_receiver_accepted_spans", ""),
    );
    row(
        &mut table,
        "agents: written to Kafka",
        "",
        of_agents("otelcol_exporter_sent_spans", "kafka"),
    );
    row(
        &mut table,
        "archive: different ones",
        run.archived.by_id.len(),
        run.archived.spans(),
    );
    let decided = |is_kept| counts.of("decider", DECIDED, is_kept);
    row(
        &mut table,
        "deciders: received",
        counts.of(
            "decider",
            "otelcol_processor_tail_sampling_new_trace_id_received",
            "",
        ),
        counts.of("decider", "otelcol_receiver_accepted_spans", ""),
    );
    row(
        &mut table,
        "deciders: kept",
        decided("sampled=\"true\""),
        counts.of("decider", "otelcol_exporter_sent_spans", "otlp"),
    );
    row(
        &mut table,
        "deciders: dropped",
        decided("sampled=\"false\""),
        "",
    );
    row(
        &mut table,
        "files of the deciders: different ones",
        run.kept.by_id.len(),
        run.kept.spans(),
    );
    row(
        &mut table,
        "Jaeger: different ones",
        run.in_jaeger.by_id.len(),
        run.in_jaeger.spans(),
    );
    table
}

fn row(table: &mut String, what: &str, traces: impl ToString, spans: impl ToString) {
    // Writing to a `String` does not fail.
    let _ = writeln!(
        table,
        "| {what} | {} | {} |",
        traces.to_string(),
        spans.to_string()
    );
}
