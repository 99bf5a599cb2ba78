//! A fleet that loses, invents or changes spans must be reported as wrong.

use serde_json::json;

use crate::balance::{Balance, Run};
use crate::reports::Reports;
use crate::rule::{Reason, Rule};
use crate::spans::{Span, Traces};
use crate::{jaeger, metrics};

const RULE: Rule = Rule {
    slow_ms: 500,
    baseline_percent: 0.0,
};

const FAILED: &str = "0af7651916cd43dd8448eb211c80319c";
const FAST: &str = "1af7651916cd43dd8448eb211c80319c";

/// A trace of two spans, as a process and a Collector write it.
fn line(trace: &str, status: u8, took_ms: u64) -> String {
    let end = 1_000_000_000_000_000_000 + took_ms * 1_000_000;
    let span = |id: &str, parent: &str, kind: u8| {
        json!({
            "traceId": trace, "spanId": id, "parentSpanId": parent, "name": "place", "kind": kind,
            "startTimeUnixNano": "1000000000000000000", "endTimeUnixNano": end.to_string(),
            "status": {"code": status}, "links": [{"traceId": FAST, "spanId": "00000000000000aa"}],
        })
    };
    let message = json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "orders"}}]},
        "scopeSpans": [{"spans": [span("00000000000000aa", "", 2), span("00000000000000bb", "00000000000000aa", 3)]}],
    }]});
    format!("{message}\n")
}

fn traces(lines: &[String]) -> Traces {
    let mut traces = Traces::default();
    traces.read_lines(&lines.concat()).unwrap();
    traces
}

/// Two traces, of which one has an error: it is kept, and the other dropped.
fn run() -> Run {
    let both = traces(&[line(FAILED, 2, 5), line(FAST, 0, 5)]);
    let kept = traces(&[line(FAILED, 2, 5)]);
    Run {
        made: both.clone(),
        archived: both,
        in_jaeger: answered(&kept),
        kept,
        reports: Reports {
            written: 4,
            ended: 4,
            exported: 4,
            lost: 0,
        },
    }
}

/// The same traces as Jaeger returns them.
fn answered(traces: &Traces) -> Traces {
    let data = traces.by_id.iter().map(|(trace, spans)| {
        let spans = spans.iter().map(|(id, span)| {
            let mut references = vec![json!({"refType": "FOLLOWS_FROM", "traceID": FAST, "spanID": "00000000000000aa"})];
            if !span.parent.is_empty() {
                references.push(json!({"refType": "CHILD_OF", "traceID": trace, "spanID": span.parent}));
            }
            json!({
                // Jaeger may leave out leading zeros of a trace id.
                "traceID": trace.trim_start_matches('0'), "spanID": id, "operationName": span.name,
                "references": references, "startTime": span.start / 1_000, "processID": "p1",
                "duration": (span.end - span.start) / 1_000, "logs": [],
                "tags": [{"key": "span.kind", "value": span.kind}, {"key": "error", "value": span.is_error}],
            })
        });
        json!({"spans": spans.collect::<Vec<_>>(), "processes": {"p1": {"serviceName": "orders"}}})
    });
    let answer = json!({"data": data.collect::<Vec<_>>()});
    let mut answered = Traces::default();
    jaeger::read_answer(&answer, &mut answered).unwrap();
    answered
}

fn faults(run: &Run) -> String {
    Balance::of(run, RULE).faults.join("\n")
}

fn some_span(traces: &mut Traces) -> &mut Span {
    traces
        .by_id
        .get_mut(FAILED)
        .unwrap()
        .first_entry()
        .unwrap()
        .into_mut()
}

#[test]
fn a_right_run_has_no_faults_and_adds_up() {
    let balance = Balance::of(&run(), RULE);
    assert!(balance.faults.is_empty(), "{:?}", balance.faults);
    assert_eq!(
        (balance.kept_for_errors.spans, balance.dropped.spans),
        (2, 2)
    );
    assert_eq!(balance.lost.spans, 0);
}

#[test]
fn a_kept_trace_that_is_not_whole() {
    let mut run = run();
    run.kept.by_id.get_mut(FAILED).unwrap().pop_last();
    run.in_jaeger = answered(&run.kept);
    assert!(faults(&run).contains("1 of 2 spans are kept"));
}

#[test]
fn a_trace_that_was_to_be_dropped() {
    let mut run = run();
    run.kept = run.made.clone();
    run.in_jaeger = answered(&run.kept);
    assert!(faults(&run).contains("no policy wants it"));
}

#[test]
fn a_loss_that_nobody_reported() {
    let mut run = run();
    run.archived.by_id.remove(FAST);
    assert!(faults(&run).contains("2 spans never came to Kafka, and 0 are reported"));
    run.reports.exported = 2;
    run.reports.lost = 2;
    assert_eq!(faults(&run), "");
    assert_eq!(Balance::of(&run, RULE).lost.traces, 1);
}

#[test]
fn reports_that_do_not_add_up() {
    let mut run = run();
    run.reports.exported = 3;
    assert!(faults(&run).contains("do not add up"));
    run.reports.ended = 3;
    assert!(faults(&run).contains("4 spans are in the files"));
}

#[test]
fn a_trace_that_nobody_made() {
    let mut run = run();
    run.made.by_id.remove(FAST);
    assert!(faults(&run).contains("is in Kafka, and nobody made it"));
}

#[test]
fn a_span_that_was_changed_on_its_way() {
    let mut run = run();
    some_span(&mut run.kept).name = "misplace".to_owned();
    run.in_jaeger = answered(&run.kept);
    assert!(faults(&run).contains("misplace"));
}

#[test]
fn jaeger_with_another_parent_kind_error_link_or_service() {
    let changes: [fn(&mut Span); 6] = [
        |span| span.parent = "00000000000000cc".to_owned(),
        |span| span.kind = "consumer",
        |span| span.is_error = false,
        |span| span.links.clear(),
        |span| span.service = "gateway".to_owned(),
        |span| span.end += 1_000,
    ];
    for change in changes {
        let mut run = run();
        change(some_span(&mut run.in_jaeger));
        assert!(
            faults(&run).contains("Jaeger has 2 of 2 spans"),
            "{}",
            faults(&run)
        );
    }
}

#[test]
fn half_a_line_is_left_alone_and_a_span_that_came_again_is_counted() {
    let half = line(FAST, 0, 5);
    let read = traces(&[
        line(FAILED, 2, 5),
        line(FAILED, 2, 5),
        half[..40].to_owned(),
    ]);
    assert_eq!((read.by_id.len(), read.spans(), read.again), (1, 2, 2));
}

#[test]
fn two_different_spans_with_one_id() {
    let lines = [line(FAILED, 2, 5), line(FAILED, 2, 6)].concat();
    assert!(Traces::default().read_lines(&lines).is_err());
}

#[test]
fn the_first_reason_there_is() {
    let rule = |percent| Rule {
        baseline_percent: percent,
        ..RULE
    };
    let reason = |status, took, percent| {
        let traces = traces(&[line(FAST, status, took)]);
        rule(percent).reason(FAST, &traces.by_id[FAST])
    };
    assert_eq!(reason(2, 900, 100.0), Some(Reason::Error));
    assert_eq!(reason(0, 501, 100.0), Some(Reason::Slow));
    // The policy keeps traces longer than the threshold, not those as long.
    assert_eq!(reason(0, 500, 0.0), None);
    assert_eq!(reason(0, 5, 100.0), Some(Reason::Baseline));
}

#[test]
fn counts_of_a_collector() {
    let counts = metrics::Counts::read(
        "# HELP sent Number\nsent{exporter=\"kafka\"} 3\nsent{exporter=\"otlp\"} 4\nsent_failed 1\n",
    );
    assert_eq!(
        (counts.sum("sent", ""), counts.sum("sent", "kafka")),
        (7, 3)
    );
}

#[test]
fn reports_among_other_lines() {
    let mut reports = Reports::default();
    let text = "ready 127.0.0.1:1\nreport 9 7 1 1 otlp grpc http://127.0.0.1:2\nreport 9 9 0 0 file spans.jsonl\n";
    reports.read_text(text).unwrap();
    let expected = Reports {
        written: 9,
        ended: 9,
        exported: 7,
        lost: 2,
    };
    assert_eq!(reports, expected);
}
