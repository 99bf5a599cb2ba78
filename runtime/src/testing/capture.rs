//! A capture: whose spans are collected, and from when on.

use std::thread;

use opentelemetry::Context;

use super::ended::Ended;
use super::router;
use super::spans::Spans;
use crate::current_context;

/// A capture that goes on: for work that outlives the call that started it.
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
    /// # Panics
    ///
    /// If another provider was installed after the first capture: it would get all spans.
    #[track_caller]
    pub fn new() -> Self {
        router::install_once();
        Capture::default()
    }

    /// The context under which spans belong to this capture.
    pub fn context(&self) -> Context {
        current_context::current().with_value(self.ended.clone())
    }

    /// The spans that have ended so far, in the order of their start.
    pub fn spans(&self) -> Spans {
        Spans::of(&self.ended)
    }
}

/// The spans so far of the capture that is current.
pub(super) fn current_spans() -> Option<Spans> {
    current_context::current().get::<Ended>().map(Spans::of)
}

/// A test that is unwinding has failed.
impl Drop for Capture {
    fn drop(&mut self) {
        let page = self.ended.page();
        if thread::panicking() && page.is_wanted() {
            page.write_and_tell(self.ended.spans().iter());
        }
    }
}
