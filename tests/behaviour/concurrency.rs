//! Many tasks at once: no span has a wrong parent.

use opentelemetry::trace::SpanId;
use traced::testing::spans;
use traced::traced;
use traced_tests::current_span_id;

#[traced(attributes(expected = %expected))]
async fn leaf(expected: SpanId) {
    tokio::task::yield_now().await;
}

#[traced]
async fn branch() {
    let own = current_span_id();
    tokio::task::yield_now().await;
    tokio::join!(leaf(own), leaf(own));
    let unit = tokio::spawn(async move {
        tokio::task::yield_now().await;
        leaf(own).await;
    });
    unit.await.unwrap();
}

#[traced]
async fn trunk(branches: usize) {
    let units: Vec<_> = (0..branches).map(|_| tokio::spawn(branch())).collect();
    for unit in units {
        unit.await.unwrap();
    }
}

#[traced::test]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_tasks_each_keep_their_own_parent() {
    trunk(1000).await;
    let spans = spans();
    assert_eq!(spans.len(), 1 + 1000 + 3000);
    let trunk = spans.named("trunk");
    for branch in spans.all_named("branch") {
        assert!(branch.is_child_of(trunk));
    }
    for leaf in spans.all_named("leaf") {
        assert_eq!(
            leaf.attribute("expected"),
            Some(leaf.parent_id().to_string().into())
        );
        assert_eq!(leaf.trace_id(), trunk.trace_id());
    }
}
