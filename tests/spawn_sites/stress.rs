//! A hundred thousand units at once, each with the right parent.

use std::collections::HashMap;

use opentelemetry::trace::SpanId;
use rayon::prelude::*;
use traced::testing::Capture;
use traced::traced;
use traced_tests::current_span_id;

const PARENTS: usize = 100;
const TASKS: usize = 400;
const JOBS: usize = 200;
const ITEMS: usize = 200;
const STOLEN: usize = 200;

/// A unit that records the span that spawned it, to be compared with its parent.
#[traced(attributes(expected = %spawner))]
fn unit(spawner: SpanId) {
    std::hint::black_box(spawner);
}

/// Jobs that wait for other jobs, so that workers steal the jobs of other parents.
fn split(count: usize, spawner: SpanId) {
    if count == 1 {
        return unit(spawner);
    }
    join(count / 2, count - count / 2, spawner);
}

#[traced::traced_spawn]
fn join(left: usize, right: usize, spawner: SpanId) {
    rayon::join(|| split(left, spawner), || split(right, spawner));
}

#[traced]
async fn parent() {
    let spawner = current_span_id();
    let mut units = tokio::task::JoinSet::new();
    for n in 0..TASKS {
        units.spawn(async move {
            if n % 2 == 0 {
                tokio::task::yield_now().await;
            }
            unit(spawner);
        });
    }
    for _ in 0..JOBS {
        units.spawn_blocking(move || unit(spawner));
    }
    units.spawn_blocking(move || {
        (0..ITEMS).into_par_iter().for_each(|_| unit(spawner));
    });
    units.spawn_blocking(move || split(STOLEN, spawner));
    while let Some(done) = units.join_next().await {
        done.unwrap();
    }
}

#[traced]
async fn all() {
    let mut parents = tokio::task::JoinSet::new();
    for _ in 0..PARENTS {
        parents.spawn(parent());
    }
    while let Some(done) = parents.join_next().await {
        done.unwrap();
    }
}

#[test]
fn each_of_a_hundred_thousand_units_has_the_right_parent() {
    use opentelemetry::trace::FutureExt as _;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .max_blocking_threads(8)
        .enable_all()
        .build()
        .unwrap();
    let capture = Capture::new();
    runtime.block_on(all().with_context(capture.context()));
    let spans = capture.spans();
    let root = spans.named("all");
    let parents = spans.all_named("parent");
    assert!(parents.iter().all(|parent| parent.is_child_of(root)));
    let mut children: HashMap<SpanId, usize> = HashMap::new();
    let mut misplaced = 0;
    for unit in spans.all_named("unit") {
        let expected = unit.attribute("expected").unwrap().to_string();
        let is_right =
            expected == unit.parent_id().to_string() && unit.trace_id() == root.trace_id();
        misplaced += usize::from(!is_right);
        *children.entry(unit.parent_id()).or_default() += 1;
    }
    assert_eq!(misplaced, 0);
    assert_eq!(children.values().sum::<usize>(), 100_000);
    let each = TASKS + JOBS + ITEMS + STOLEN;
    assert!(parents.iter().all(|parent| children[&parent.id()] == each));
}
