//! The code that `#[traced::test]` puts around the body of a test.

use std::future::Future;

use opentelemetry::ContextGuard;
use opentelemetry::trace::FutureExt;

use super::capture::Capture;
use crate::current_context;

/// The capture of a test, current as long as it lives.
#[must_use]
pub struct TestCapture {
    // In this order: the context is left before the capture decides whether to write its page.
    _attached: Option<ContextGuard>,
    _capture: Capture,
}

/// Begins the capture of a test whose body follows.
#[track_caller]
pub fn test_capture() -> TestCapture {
    let capture = Capture::new();
    TestCapture {
        _attached: current_context::attach(capture.context()),
        _capture: capture,
    }
}

/// The body of an async test, captured: at each poll, and nowhere else on the thread that polls it.
pub async fn test_future<F: Future>(body: F) -> F::Output {
    let capture = Capture::new();
    body.with_context(capture.context()).await
}
