//! The code that `#[traced::test]` puts around the body of a test.

use std::future::Future;

use opentelemetry::ContextGuard;
use opentelemetry::trace::FutureExt;

use super::capture::Capture;
use crate::current_context;

/// The capture of a test, which is current until this is dropped.
#[must_use]
pub struct TestCapture {
    // The order matters: the context is detached before the capture decides whether to write its page.
    _attached: Option<ContextGuard>,
    _capture: Capture,
}

/// Starts the capture of a test; its body follows.
#[track_caller]
pub fn test_capture() -> TestCapture {
    let capture = Capture::new();
    TestCapture {
        _attached: current_context::attach(capture.context()),
        _capture: capture,
    }
}

/// Runs the body of an async test in a capture, which is current only during its polls.
pub async fn test_future<F: Future>(body: F) -> F::Output {
    let capture = Capture::new();
    body.with_context(capture.context()).await
}
