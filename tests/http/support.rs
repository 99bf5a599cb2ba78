//! The spans of a call with those of its servers.

use opentelemetry::trace::FutureExt as _;
use traced::testing::{Capture, Spans};
use traced::traced;

#[traced]
async fn test<F: Future>(f: F) -> F::Output {
    f.await
}

/// Runs `f` in the span `test`, waits until `spans` spans below it have ended, and returns all of them.
///
/// # Panics
///
/// If there are more, or others than of one trace.
pub(crate) async fn in_trace<F: Future>(spans: usize, f: F) -> (F::Output, Spans) {
    let capture = Capture::new();
    let out = test(f).with_context(capture.context()).await;
    let found = capture.spans().wait_for_async(spans + 1).await;
    assert_eq!(found.len(), spans + 1, "{}", found.tree());
    assert!(found.open_names().is_empty(), "{:?}", found.open_names());
    found.assert_one_trace();
    (out, found)
}
