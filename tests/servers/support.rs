//! Helpers of the tests. The programs under test use none of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::Value;
use opentelemetry::trace::{FutureExt as _, SpanContext};
use traced::testing::{Capture, Span, Spans};

/// The address of a server, from the variable that `tests/servers/run` sets.
///
/// # Panics
///
/// If the variable is not set. The message names the command that sets it.
#[track_caller]
pub fn address(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set; `tests/servers/run` sets it"))
}

/// A name that neither another test nor an earlier run has used.
pub fn unique(prefix: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}_{}_{number}", std::process::id())
}

/// Runs a request in a new context, and returns its output and the capture of its spans.
///
/// # Panics
///
/// If it takes more than a minute.
pub async fn request<F: Future>(work: F) -> (F::Output, Capture) {
    let capture = Capture::new();
    let work = work.with_context(capture.context());
    let Ok(output) = tokio::time::timeout(Duration::from_secs(60), work).await else {
        panic!("not answered within a minute:\n{}", capture.spans().tree());
    };
    (output, capture)
}

/// Runs a future in a new context, and returns its output and its spans.
pub async fn captured<F: Future>(work: F) -> (F::Output, Spans) {
    let (output, capture) = request(work).await;
    (output, capture.spans())
}

/// Kills the server with this process id, as a crash does, and waits until it is gone.
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

/// The contexts that `span` links to.
pub fn links(span: &Span) -> Vec<SpanContext> {
    let links = span.links().iter();
    links.map(|link| link.span_context.clone()).collect()
}

/// Checks that `span` links to exactly these spans, in this order.
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

/// Checks that `span` has these attributes. It may have others.
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
