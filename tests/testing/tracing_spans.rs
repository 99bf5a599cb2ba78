//! Spans of `tracing`, in the same trees: `traced::tracing_layer` with `#[traced::test]`.

use traced::testing::{assert_tree, spans};
use traced::traced;
use tracing_subscriber::layer::SubscriberExt;

#[traced]
fn ours() {
    traced::span!("inner", {});
}

#[traced::test]
fn spans_of_tracing_are_captured_with_ours() {
    let subscriber = tracing_subscriber::registry().with(traced::tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        let _theirs = tracing::info_span!("theirs", id = 7).entered();
        ours();
    });
    assert_tree!(spans(), "theirs id=7\n  ours\n    inner");
    spans().assert_one_trace();
    spans().assert_no_orphans();
}
