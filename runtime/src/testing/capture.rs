//! A capture of spans.

use std::thread;

use opentelemetry::Context;

use super::ended::Ended;
use super::router;
use super::span::traceparent;
use super::spans::Spans;
use crate::current_context;

/// A capture that continues until it is dropped, for work that outlives the call that started it.
///
/// ```
/// # use traced::{traced, testing::Capture};
/// #[traced]
/// fn work() {}
///
/// let capture = Capture::new();
/// let attached = capture.context().attach();
/// std::thread::spawn(traced::carry_fn(work)).join().unwrap();
/// drop(attached);
/// assert_eq!(capture.spans().len(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Capture {
    ended: Ended,
}

impl Capture {
    /// A capture without spans; installs the provider if this is the first.
    ///
    /// ```
    /// # use traced::testing::Capture;
    /// assert!(Capture::new().spans().is_empty());
    /// ```
    ///
    /// # Panics
    ///
    /// If another provider was installed after the first capture: it would get all spans.
    #[track_caller]
    pub fn new() -> Self {
        router::install_once();
        Capture::default()
    }

    /// The context in which spans belong to this capture.
    ///
    /// ```
    /// # use traced::testing::Capture;
    /// let capture = Capture::new();
    /// let attached = capture.context().attach();
    /// traced::span!("load", {});
    /// drop(attached);
    /// assert_eq!(capture.spans().tree(), "load\n");
    /// ```
    pub fn context(&self) -> Context {
        self.ended.context(&current_context::current())
    }

    /// The same as [`traceparent`](super::traceparent), for this capture.
    ///
    /// ```
    /// use traced::testing::Capture;
    /// use traced::traced;
    ///
    /// #[traced(kind = "server", extract = headers)]
    /// fn handle(headers: Vec<(&str, String)>) {}
    ///
    /// let capture = Capture::new();
    /// let headers = vec![("traceparent", capture.traceparent())];
    /// std::thread::spawn(|| handle(headers)).join().unwrap(); // as a server does: without the context
    /// assert_eq!(capture.spans().tree(), "handle [server]\n");
    /// ```
    pub fn traceparent(&self) -> String {
        traceparent(self.ended.caller())
    }

    /// The spans that have ended so far, in the order of their start.
    ///
    /// ```
    /// # use traced::testing::Capture;
    /// let capture = Capture::new();
    /// assert_eq!(capture.spans().len(), 0);
    /// ```
    pub fn spans(&self) -> Spans {
        Spans::of(&self.ended)
    }
}

/// The spans so far of the current capture.
pub(super) fn current_spans() -> Option<Spans> {
    Ended::of(&current_context::current()).map(Spans::of)
}

/// The header `traceparent` of the current capture.
pub(super) fn current_traceparent() -> Option<String> {
    let capture = Ended::of(&current_context::current()).cloned()?;
    Some(traceparent(capture.caller()))
}

/// Writes the page if the test has failed, which means that it is unwinding.
impl Drop for Capture {
    fn drop(&mut self) {
        let page = self.ended.page();
        if thread::panicking() && page.is_unwritten() {
            page.write_in_unwind(self.ended.snapshot().spans.iter());
        }
    }
}
