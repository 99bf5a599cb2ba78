use std::time::Duration;

use opentelemetry::trace::SpanId;

use super::super::samples::{LIMITS, TRACE, context, in_trace, span, with_link};
use super::*;

/// A collector and the time of the test.
struct Scene {
    collector: Collector,
    now: Instant,
}

impl Scene {
    fn new(limits: TraceLimits) -> Self {
        Scene {
            collector: Collector::new(limits),
            now: Instant::now(),
        }
    }

    fn start(&mut self, id: u64, parent: u64) -> Vec<TraceBatch> {
        self.collector.start(sample(id, parent), self.now)
    }

    fn end(&mut self, id: u64, parent: u64) -> Option<TraceBatch> {
        self.collector.end(sample(id, parent), self.now)
    }

    fn pass(&mut self, time: Duration) -> Vec<TraceBatch> {
        self.now += time;
        self.collector.due(self.now)
    }
}

fn sample(id: u64, parent: u64) -> SpanData {
    span(id, parent, "work", 0, 10)
}

fn ids(batch: &TraceBatch) -> Vec<u64> {
    let spans = batch.spans.iter();
    spans
        .map(|seen| u64::from_be_bytes(seen.data.span_context.span_id().to_bytes()))
        .collect()
}

#[test]
fn a_root_alone_is_printed_when_it_ends() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    assert_eq!(ids(&scene.end(1, 0).unwrap()), [1]);
}

#[test]
fn a_child_waits_for_its_root() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.start(2, 1);
    assert!(scene.end(2, 1).is_none());
}

#[test]
fn a_root_waits_for_its_open_child() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.start(2, 1);
    assert!(scene.end(1, 0).is_none());
}

#[test]
fn a_child_that_ends_within_the_grace_joins() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.start(2, 1);
    scene.end(1, 0);
    assert_eq!(ids(&scene.end(2, 1).unwrap()), [1, 2]);
}

#[test]
fn nothing_is_due_before_the_grace_is_over() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.start(2, 1);
    scene.end(1, 0);
    assert!(scene.pass(LIMITS.grace / 2).is_empty());
}

#[test]
fn the_end_of_the_grace_prints_running_spans_too() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.start(2, 1);
    scene.end(1, 0);
    let batch = scene.pass(LIMITS.grace).remove(0);
    assert_eq!(
        (batch.cause, batch.spans[1].running_since.is_some()),
        (Cause::Finished, true)
    );
}

#[test]
fn the_end_of_the_grace_is_due_next() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.start(2, 1);
    scene.end(1, 0);
    assert_eq!(scene.collector.next_due(), Some(scene.now + LIMITS.grace));
}

#[test]
fn an_endless_grace_never_comes_due() {
    let mut scene = Scene::new(TraceLimits {
        grace: Duration::MAX,
        age: Duration::MAX,
        ..LIMITS
    });
    scene.start(1, 0);
    scene.start(2, 1);
    scene.end(1, 0);
    assert_eq!(scene.collector.next_due(), None);
}

#[test]
fn a_span_that_was_printed_as_running_is_late_when_it_ends() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.start(2, 1);
    scene.end(1, 0);
    scene.pass(LIMITS.grace);
    let late = scene.end(2, 1).unwrap();
    assert_eq!((late.part, ids(&late)), (TracePart::Late, vec![2]));
}

#[test]
fn a_late_span_shows_the_name_of_its_parent() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.end(1, 0);
    scene.start(2, 1);
    let late = scene.end(2, 1).unwrap();
    let parent = (TraceId::from(TRACE), SpanId::from(1));
    assert_eq!(late.names[&parent], "work");
}

#[test]
fn children_of_a_running_span_are_printed_with_it() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.start(2, 1);
    scene.end(1, 0);
    scene.pass(LIMITS.grace);
    scene.start(3, 2);
    scene.end(3, 2);
    assert_eq!(ids(&scene.end(2, 1).unwrap()), [2, 3]);
}

#[test]
fn running_spans_of_different_parents_do_not_wait_for_each_other() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.start(2, 1);
    scene.start(3, 1);
    scene.end(1, 0);
    scene.pass(LIMITS.grace);
    assert_eq!(ids(&scene.end(2, 1).unwrap()), [2]);
}

#[test]
fn a_second_root_of_an_open_trace_joins_it() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.start(2, 77);
    scene.end(1, 0);
    assert_eq!(ids(&scene.end(2, 77).unwrap()), [1, 2]);
}

#[test]
fn a_second_root_ends_the_grace_of_the_first() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.start(2, 1);
    scene.end(1, 0);
    scene.start(3, 77);
    assert!(scene.pass(LIMITS.grace).is_empty());
}

#[test]
fn a_trace_that_grows_old_is_printed_unfinished() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    assert_eq!(scene.pass(LIMITS.age)[0].cause, Cause::Unfinished);
}

#[test]
fn a_running_span_is_not_printed_twice_while_it_runs() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.pass(LIMITS.age);
    assert!(scene.pass(LIMITS.age).is_empty());
}

#[test]
fn new_children_of_an_old_span_are_printed_when_they_grow_old() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.pass(LIMITS.age);
    scene.start(2, 1);
    scene.end(2, 1);
    assert_eq!(ids(&scene.pass(LIMITS.age)[0]), [1, 2]);
}

#[test]
fn one_trace_too_many_prints_the_oldest() {
    let mut scene = Scene::new(TraceLimits {
        traces: 1,
        ..LIMITS
    });
    scene.start(1, 0);
    let other = in_trace(7, sample(2, 0));
    let batches = scene.collector.start(other, scene.now);
    assert_eq!(
        (ids(&batches[0]), batches[0].cause),
        (vec![1], Cause::Unfinished)
    );
}

#[test]
fn a_trace_that_was_given_up_is_not_printed_again() {
    let mut scene = Scene::new(TraceLimits {
        traces: 1,
        ..LIMITS
    });
    scene.start(1, 0);
    scene.start(2, 1);
    let other = in_trace(7, sample(9, 0));
    scene.collector.start(other.clone(), scene.now);
    // Neither what was open nor what comes of it.
    scene.start(3, 2);
    for (id, parent) in [(3, 2), (2, 1), (1, 0)] {
        assert!(scene.end(id, parent).is_none());
    }
    assert_eq!(
        scene.collector.end(other, scene.now).unwrap().spans.len(),
        1
    );
    assert!(scene.collector.given_up.is_empty());
}

#[test]
fn the_spans_of_all_traces_are_bounded_too() {
    let mut scene = Scene::new(TraceLimits {
        all_spans: 2,
        ..LIMITS
    });
    scene.start(1, 0);
    scene.start(2, 1);
    let other = in_trace(7, sample(9, 0));
    let batches = scene.collector.start(other, scene.now);
    assert_eq!(
        (ids(&batches[0]), batches[0].cause),
        (vec![1, 2], Cause::Unfinished)
    );
}

#[test]
fn many_running_spans_stay_within_the_bound_of_traces() {
    let mut scene = Scene::new(TraceLimits {
        traces: 3,
        ..LIMITS
    });
    scene.start(1, 0);
    (2..50).for_each(|id| drop(scene.start(id, 1)));
    scene.end(1, 0);
    scene.pass(LIMITS.grace);
    assert_eq!(scene.collector.groups.len(), 3);
}

#[test]
fn spans_past_the_bound_are_counted() {
    let mut scene = Scene::new(TraceLimits { spans: 2, ..LIMITS });
    (1..=5).for_each(|id| drop(scene.start(id, id - 1)));
    let batch = scene.collector.flush(scene.now).remove(0);
    assert_eq!((batch.spans.len(), batch.dropped), (2, 3));
}

#[test]
fn the_end_of_a_dropped_span_prints_nothing() {
    let mut scene = Scene::new(TraceLimits { spans: 1, ..LIMITS });
    scene.start(1, 0);
    scene.start(2, 1);
    assert!(scene.end(2, 1).is_none());
}

#[test]
fn a_finished_trace_leaves_nothing_behind() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.start(2, 1);
    scene.end(2, 1);
    scene.end(1, 0);
    let Collector {
        groups,
        fresh,
        places,
        ..
    } = &scene.collector;
    assert_eq!((groups.len(), fresh.len(), places.len()), (0, 0, 0));
}

#[test]
fn a_flush_prints_late_spans_whose_start_was_not_seen() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.end(1, 0);
    scene.start(2, 1);
    assert_eq!(ids(&scene.collector.flush(scene.now)[0]), [2]);
}

#[test]
fn a_second_end_of_a_span_is_ignored() {
    let mut scene = Scene::new(LIMITS);
    scene.start(1, 0);
    scene.start(2, 1);
    scene.end(2, 1);
    assert!(scene.end(2, 1).is_none());
}

#[test]
fn a_link_to_another_open_trace_is_named() {
    let mut scene = Scene::new(LIMITS);
    scene.collector.start(in_trace(7, sample(9, 0)), scene.now);
    let linked = with_link(sample(1, 0), context(7, 9));
    scene.collector.start(linked.clone(), scene.now);
    let batch = scene.collector.end(linked, scene.now).unwrap();
    assert_eq!(batch.names[&(TraceId::from(7), SpanId::from(9))], "work");
}

#[test]
fn spans_dropped_from_a_running_span_print_nothing() {
    let mut scene = Scene::new(TraceLimits { spans: 2, ..LIMITS });
    scene.start(1, 0);
    scene.pass(LIMITS.age);
    (2..=4).for_each(|id| drop(scene.start(id, 1)));
    assert!(scene.end(4, 1).is_none());
}

#[test]
fn children_of_a_dropped_span_are_dropped_with_it() {
    let mut scene = Scene::new(TraceLimits { spans: 2, ..LIMITS });
    scene.start(1, 0);
    scene.pass(LIMITS.age);
    (2..=4).for_each(|id| drop(scene.start(id, id - 1)));
    assert_eq!(scene.collector.flush(scene.now)[0].dropped, 2);
}

#[test]
fn dropped_spans_that_never_end_are_bounded_too() {
    let mut scene = Scene::new(TraceLimits { spans: 2, ..LIMITS });
    (1..50).for_each(|id| drop(scene.start(id, id - 1)));
    assert_eq!(scene.collector.places.len(), 4);
}

#[test]
fn dropped_spans_leave_nothing_behind() {
    let mut scene = Scene::new(TraceLimits { spans: 1, ..LIMITS });
    scene.start(1, 0);
    scene.start(2, 1);
    scene.start(3, 1);
    scene.end(3, 1);
    scene.end(1, 0);
    assert!(scene.collector.places.is_empty());
}
