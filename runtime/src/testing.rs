//! Spans in tests: capture those of one test while others run beside it.
//!
//! [`#[traced::test]`](macro@crate::test) makes a function a test whose spans [`spans`] gives, and
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
//! [`capture`], [`capture_async`] and [`Capture`] are the same for a part of a test. [`Spans`] are asked by
//! [`name`](Spans::named) or by [all else that is known](Spans::find), [waited for](Spans::wait_for) where they end
//! late, and checked for [one trace](Spans::assert_one_trace), [missing parents](Spans::assert_no_orphans) and
//! [lost contexts](Spans::assert_no_lost_context).
//!
//! The first capture of a process replaces the global tracer provider, and installs the W3C propagators if the
//! program has installed none. A provider that is installed later (`traced::init()`,
//! [`set_tracer_provider`](crate::set_tracer_provider)) would get all spans instead, so the next capture panics and
//! says so: initialise no telemetry in a process whose tests capture.
//!
//! Spans find their capture through the context under which they start, so a span is yours if it would have been a
//! descendant of the call: over `.await` and over every spawn that carries the context. Spans of `tracing` and of tower's
//! layers do, too. A server that runs in the process of the test is reached through a socket, where there is no
//! context: its span is yours if the headers name a span that is yours, as its parent or as a link, and so are those
//! below it. A client with spans sends such headers; for any other client there is [`traceparent`].
//!
//! A test that panics while it holds a capture or its spans leaves a page behind that shows them, an HTML file
//! to be opened in a browser, and names it: in the message where an assertion of this module failed, on standard error
//! (which libtest shows with the failure) for every other panic. It is in the folder `traced` beside the test's
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

/// Runs `f` and gives its result and the spans that ended meanwhile.
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

/// Runs a future and gives its output and the spans that ended meanwhile.
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

/// The value of the header `traceparent` of a request to the code under test: the request comes from another process,
/// and the spans of its server belong to the current test. It is the same at each call.
///
/// This is for clients that send no trace along, such as a connection on which the test writes the bytes of a request.
///
/// # Panics
///
/// Where [`spans`] does.
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

/// The spans of the current test that have ended so far, in the order of their start: of the function with
/// [`#[traced::test]`](macro@crate::test) that is running, or of the [`Capture`] whose context is current.
///
/// # Panics
///
/// Where there is neither: outside such a test, and in a thread or a task that the context was not carried to.
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
