//! Wrong traces must be reported; the shop itself only produces right ones.

use crate::report::{Scenario, faults};
use crate::spans::Span;

const EXPECTED: &str = "
gateway order
  orders place
worker audit -> place
";

/// Trace 1 with the spans 1 and 2, and trace 2 with the span 3, which links to 2.
fn as_expected() -> [Span; 3] {
    let span = |service: &str, name: &str, trace, id, parent: Option<u8>| Span {
        service: service.to_owned(),
        name: name.to_owned(),
        id: (vec![trace], vec![id]),
        parent: parent.map(|parent| (vec![trace], vec![parent])),
        ..Span::default()
    };
    let mut audit = span("worker", "audit", 2, 3, None);
    audit.links.push((vec![1], vec![2]));
    [
        span("gateway", "order", 1, 1, None),
        span("orders", "place", 1, 2, Some(1)),
        audit,
    ]
}

fn faults_of(spans: &[Span]) -> String {
    let scenario = Scenario::of("test", vec![1], EXPECTED);
    faults(&[scenario], spans).join("\n")
}

#[test]
fn nothing_is_wrong_with_what_was_expected() {
    let mut spans = as_expected();
    assert_eq!(faults_of(&spans), "");
    spans.reverse();
    assert_eq!(faults_of(&spans), "", "spans come in any order");
}

#[test]
fn a_wait_for_a_connection_is_not_wrong() {
    let [order, place, audit] = as_expected();
    let wait = Span {
        name: "acquire connection".to_owned(),
        id: (vec![1], vec![4]),
        parent: Some(place.id.clone()),
        ..place.clone()
    };
    assert_eq!(faults_of(&[order, place, audit, wait]), "");
}

#[test]
fn an_orphan_is_wrong() {
    let [_, place, audit] = as_expected();
    let faults = faults_of(&[place, audit]);
    assert!(
        faults.contains("an orphan, whose parent never arrived: place"),
        "{faults}"
    );
}

#[test]
fn a_second_root_in_a_trace_is_wrong() {
    let mut spans = as_expected();
    spans[1].parent = None;
    let faults = faults_of(&spans);
    assert!(faults.contains("a trace of 2 trees"), "{faults}");
}

#[test]
fn a_stray_trace_is_wrong() {
    let mut spans = as_expected();
    spans[2].links.clear();
    let faults = faults_of(&spans);
    assert!(
        faults.contains("a stray trace:\nworker   audit"),
        "{faults}"
    );
}

#[test]
fn a_link_to_nowhere_is_wrong() {
    let mut spans = as_expected();
    spans[2].links.push((vec![1], vec![9]));
    let faults = faults_of(&spans);
    assert!(
        faults.contains("a link to a span that never arrived: audit"),
        "{faults}"
    );
}

#[test]
fn a_span_that_arrives_twice_is_wrong() {
    let [order, place, audit] = as_expected();
    let faults = faults_of(&[order, place.clone(), place, audit]);
    assert!(faults.contains("arrived twice: place"), "{faults}");
}

#[test]
fn another_status_is_wrong() {
    let mut spans = as_expected();
    spans[1].is_error = true;
    let faults = faults_of(&spans);
    assert!(
        faults.contains("but this arrived\ngateway order\n  orders place ✗\n"),
        "{faults}"
    );
}

#[test]
fn one_span_more_or_less_is_wrong() {
    let spans = as_expected();
    let mut more = spans.to_vec();
    more.push(Span {
        id: (vec![1], vec![4]),
        ..spans[1].clone()
    });
    assert!(faults_of(&more).contains("expected\n"));
    let [order, _, mut audit] = spans;
    audit.links.clear();
    assert!(faults_of(&[order, audit]).contains("expected\n"));
}

#[test]
fn a_span_that_takes_less_than_it_must_is_wrong() {
    let mut spans = as_expected();
    spans[1].end = 299_000_000;
    let slow = || Scenario::of("slow", vec![1], EXPECTED).in_which("place", 300.0);
    let wrong = faults(&[slow()], &spans);
    assert_eq!(wrong, ["slow: no `place` took 300 ms"]);
    spans[1].end = 300_000_000;
    assert!(faults(&[slow()], &spans).is_empty());
}
