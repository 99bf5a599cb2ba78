//! What the tests of this package share; none of it is in the code under test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::Value;
use opentelemetry::trace::{FutureExt as _, SpanContext};
use traced::testing::{Capture, Span, Spans};

/// The address of a server, from the variable that `tests/servers/run` sets.
///
/// # Panics
///
/// If there is none, with the command that starts one.
#[track_caller]
pub fn address(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set; `tests/servers/run` sets it"))
}

/// A name that no other test of this or an earlier run has.
pub fn unique(prefix: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}_{}_{number}", std::process::id())
}

/// Runs a request in a context of its own and gives what came of it: its output, its spans,
/// and whether anything still holds its context.
///
/// # Panics
///
/// If it takes more than a minute.
pub async fn request<F: Future>(work: F) -> (F::Output, Finished) {
    traced::propagation::use_w3c();
    let capture = Capture::new();
    let held = Arc::new(());
    let context = capture.context().with_value(Held(Arc::clone(&held)));
    let limit = tokio::time::timeout(Duration::from_secs(60), work.with_context(context));
    let Ok(output) = limit.await else {
        panic!("not answered within a minute:\n{}", capture.spans().tree());
    };
    (output, Finished { capture, held })
}

/// In the context of a request, to see whether that is gone.
struct Held(#[expect(dead_code, reason = "only counted")] Arc<()>);

/// A request that has been answered.
pub struct Finished {
    capture: Capture,
    held: Arc<()>,
}

impl Finished {
    /// The spans of the request that have ended so far.
    pub fn spans(&self) -> Spans {
        self.capture.spans()
    }

    /// Whether something still holds the request's context, after all that it runs had
    /// five seconds to let go of it.
    pub async fn is_held(&self) -> bool {
        !eventually(|| Arc::strong_count(&self.held) == 1).await
    }
}

/// Runs what belongs to no request and gives its output and its spans.
pub async fn captured<F: Future>(work: F) -> (F::Output, Spans) {
    let (output, finished) = request(work).await;
    (output, finished.spans())
}

/// Kills a server, by the id of its process, as a crash does; it is dead afterwards.
///
/// # Panics
///
/// If there is no such process.
pub async fn kill(process: &str) {
    let signal = |signal: &str| {
        let mut kill = std::process::Command::new("kill");
        let done = kill
            .args([signal, process])
            .stderr(std::process::Stdio::null());
        done.status().is_ok_and(|status| status.success())
    };
    assert!(signal("-KILL"), "cannot kill {process}");
    assert!(eventually(|| !signal("-0")).await, "{process} lives");
}

/// Whether `condition` holds within five seconds.
pub async fn eventually(mut condition: impl FnMut() -> bool) -> bool {
    for _ in 0..500 {
        if condition() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    condition()
}

/// The spans that `span` is linked to.
pub fn links(span: &Span) -> Vec<SpanContext> {
    let links = span.data().links.links.iter();
    links.map(|link| link.span_context.clone()).collect()
}

/// Whether `span` is linked to these spans, in this order, and to no other.
#[track_caller]
pub fn assert_linked(span: &Span, expected: &[&Span]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|span| (span.trace_id(), span.id()))
        .collect();
    let found: Vec<_> = links(span)
        .iter()
        .map(|link| (link.trace_id(), link.span_id()))
        .collect();
    assert_eq!(found, expected, "links of `{}`", span.name());
}

/// Whether `span` has these attributes, among others.
#[track_caller]
pub fn assert_attributes<const N: usize>(span: &Span, expected: [(&str, Value); N]) {
    for (key, value) in expected {
        assert_eq!(
            span.attribute(key),
            Some(value),
            "`{key}` of `{}`",
            span.name()
        );
    }
}
