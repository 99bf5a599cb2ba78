//! Spans in tests: captures the spans of one test while other tests run in parallel.
//!
//! [`#[traced::test]`](macro@crate::test) captures the spans of a test function. [`spans`] returns them, and
//! [`assert_tree!`] compares them with a tree in text:
//!
//! ```
//! use traced::testing::{assert_tree, spans};
//! use traced::traced;
//!
//! #[traced(kind = "client", attributes(id))]
//! async fn load(id: u64) {}
//!
//! #[traced]
//! async fn handle() {
//!     tokio::spawn(load(7)).await.unwrap();
//! }
//!
//! #[traced::test]
//! #[tokio::test]
//! async fn a_task_is_in_the_trace() {
//!     handle().await;
//!     assert_tree!(spans(), "
//!         handle
//!           load [client] id=7
//!     ");
//! }
//! ```
//!
//! [`capture`], [`capture_async`] and [`Capture`] do the same for a part of a test. [`Spans`] finds spans by
//! [name](Spans::named) or by [other properties](Spans::find), [waits](Spans::wait_for) for spans that end
//! late, and checks for [one trace](Spans::assert_one_trace), [missing parents](Spans::assert_no_orphans) and
//! [lost contexts](Spans::assert_no_lost_context).
//!
//! The first capture of a process replaces the global tracer provider, and installs the W3C propagators if the
//! program has installed none. A provider that is installed later (`traced::init()`,
//! [`set_tracer_provider`](crate::set_tracer_provider)) would get all spans instead, so the next capture panics and
//! says so: do not initialise telemetry in a process whose tests capture spans.
//!
//! A span is captured if the context in which it starts descends from that of the capture: across `.await`
//! and across every spawn that carries the context. This includes spans of `tracing` and of tower's layers. A server
//! in the process of the test gets its requests through a socket, which carries no context: its span is
//! captured if the headers name a captured span, as its parent or as a link, and so are the spans below it. A client
//! with spans sends such headers; for any other client there is [`traceparent`].
//!
//! A test that panics while it holds a capture or its spans writes a page that shows them, an HTML file
//! for a browser, and prints its path: in the panic message if an assertion of this module failed, otherwise on
//! standard error, which libtest shows with the failure. The page is in the folder `traced` beside the test's
//! executables (`target/debug/traced`), or in the folder that `TRACED_HTML` names.

mod capture;
mod checks;
pub(crate) mod compare;
mod ended;
mod expected;
mod find;
mod page;
mod router;
mod span;
mod spans;
mod strays;
pub(crate) mod test;
mod wait;
mod wildcard;

use std::future::Future;

use opentelemetry::trace::FutureExt;

#[doc(inline)]
pub use crate::__traced_assert_tree as assert_tree;
use crate::current_context;

pub use self::capture::Capture;
pub use self::find::Find;
pub use self::span::Span;
pub use self::spans::Spans;
pub use self::wait::{Released, Wanted};

/// Runs `f` and returns its result and its spans that have ended.
///
/// ```
/// use traced::testing::capture;
///
/// let (sum, spans) = capture(|| traced::span!("add", { 2 + 3 }));
/// assert_eq!((sum, spans.len()), (5, 1));
/// ```
///
/// # Panics
///
/// As [`Capture::new`].
#[track_caller]
pub fn capture<R>(f: impl FnOnce() -> R) -> (R, Spans) {
    let capture = Capture::new();
    let attached = current_context::attach(capture.context());
    let out = f();
    drop(attached);
    (out, capture.spans())
}

/// Runs a future and returns its output and its spans that have ended.
///
/// # Panics
///
/// As [`Capture::new`].
///
/// ```
/// # use traced::{traced, testing::capture_async};
/// #[traced]
/// async fn work() {}
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let ((), spans) = capture_async(work()).await;
/// assert_eq!(spans.len(), 1);
/// # });
/// ```
pub async fn capture_async<F: Future>(f: F) -> (F::Output, Spans) {
    let capture = Capture::new();
    let out = f.with_context(capture.context()).await;
    (out, capture.spans())
}

/// A value of the header `traceparent` for a request to the code under test, as if it came from another process. The
/// spans of the server then belong to the current test. The value is the same at each call.
///
/// This is for clients that do not send a trace, such as a connection on which the test writes the bytes of a request.
///
/// # Panics
///
/// In the same cases as [`spans`].
///
/// ```
/// use traced::testing::{spans, traceparent};
/// use traced::traced;
///
/// #[traced(kind = "server", extract = headers)]
/// fn handle(headers: Vec<(&str, String)>) {}
///
/// #[traced::test]
/// fn a_request_of_another_process_is_continued() {
///     let headers = vec![("traceparent", traceparent())];
///     std::thread::spawn(|| handle(headers)).join().unwrap(); // as a server does: without the context
///     let parent = spans().named("handle").parent_id();
///     assert!(traceparent().contains(&parent.to_string()));
/// }
/// ```
#[track_caller]
pub fn traceparent() -> String {
    capture::current_traceparent().expect(NO_TEST)
}

/// The spans of the current test that have ended so far, in the order of their start. The current test is the function
/// with [`#[traced::test]`](macro@crate::test) that is running, or the [`Capture`] whose context is current.
///
/// # Panics
///
/// If there is neither: outside of such a test, and in a thread or a task to which the context was not carried.
///
/// ```
/// use traced::testing::{capture, spans};
///
/// capture(|| {
///     traced::span!("load", {});
///     assert_eq!(spans().len(), 1);
/// });
/// ```
#[track_caller]
pub fn spans() -> Spans {
    capture::current_spans().expect(NO_TEST)
}

const NO_TEST: &str = "no test captures spans here: annotate the test with `#[traced::test]`, and in a thread or a task of \
     its own carry the context (`traced::carry`)";
