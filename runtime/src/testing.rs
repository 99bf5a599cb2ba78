//! Spans in tests: capture those of one test while others run beside it.
//!
//! The first capture of a process replaces the global tracer provider. One that is installed
//! later (`traced::init()`, [`set_tracer_provider`](crate::set_tracer_provider)) would get all
//! spans instead, so the next capture panics and says so: initialise no telemetry in a process
//! whose tests capture.
//!
//! Spans find their capture through the context under which they start, so a
//! span is yours if it would have been a descendant of the call: over `.await`
//! and over every spawn that carries the context.
//!
//! A test that panics while it holds a capture or its spans leaves a page behind that shows them, an HTML file
//! to be opened in a browser, and names it: in the message where an assertion of this module failed, on standard error
//! (which libtest shows with the failure) for every other panic. It is in the folder `traced` beside the test's
//! executables (`target/debug/traced`), or in the folder that `TRACED_HTML` names.
//!
//! ```
//! use traced::testing::capture;
//! use traced::traced;
//!
//! #[traced(kind = "client", attributes(id))]
//! fn load(id: u64) {}
//!
//! #[traced]
//! fn handle() { load(7) }
//!
//! let ((), spans) = capture(handle);
//! let load = spans.named("load");
//! assert!(load.is_child_of(spans.named("handle")));
//! assert_eq!(load.attribute("id"), Some(7.into()));
//! assert_eq!(spans.tree(), "handle\n  load [client] id=7\n");
//! ```

mod page;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use opentelemetry::trace::{
    Event, FutureExt, Span as _, SpanId, SpanKind, Status, TraceId, Tracer as _,
};
use opentelemetry::{Context, Value, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanLimits, SpanProcessor};

use crate::recorder::{Exporters, Observer, Provider, Record, Sampling, Settings};

use self::page::Page;
use crate::current_context;

/// Runs `f` and gives its result and the spans that ended meanwhile.
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
    page: Arc<Page>,
}

/// The spans of a capture: the part of it that contexts hold.
#[derive(Clone, Debug, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl Ended {
    fn lock(&self) -> MutexGuard<'_, Vec<SpanData>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Capture {
    /// A capture without spans; installs the provider if this is the first.
    ///
    /// # Panics
    ///
    /// If another provider was installed after the first capture: it would get all spans.
    #[track_caller]
    pub fn new() -> Self {
        static INSTALLED: OnceLock<()> = OnceLock::new();
        INSTALLED.get_or_init(install);
        assert!(is_ours_installed(), "{REPLACED}");
        Capture::default()
    }

    /// The context under which spans belong to this capture.
    pub fn context(&self) -> Context {
        current_context::current().with_value(self.ended.clone())
    }

    /// The spans that have ended so far, in the order of their start.
    pub fn spans(&self) -> Spans {
        let mut spans: Vec<Span> = self.ended.lock().iter().cloned().map(Span).collect();
        spans.sort_by_key(|span| span.0.start_time);
        Spans {
            spans,
            page: Arc::clone(&self.page),
        }
    }
}

/// A test that is unwinding has failed.
impl Drop for Capture {
    fn drop(&mut self) {
        if thread::panicking() && self.page.is_wanted() {
            let ended = self.ended.lock().clone();
            self.page.write_and_tell(ended.iter());
        }
    }
}

impl Drop for Spans {
    fn drop(&mut self) {
        if thread::panicking() && self.page.is_wanted() {
            self.page.write_and_tell(self.iter().map(Span::data));
        }
    }
}

/// Whether the variable asks for the SDK's provider, for who wants to know that both do the same.
const SDK: &str = "TRACED_TESTING_SDK";

fn install() {
    // Whatever `OTEL_TRACES_SAMPLER` says where the tests run.
    let sampler = Sampler::ParentBased(Box::new(Sampler::AlwaysOn));
    if std::env::var_os(SDK).is_some() {
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler)
            .with_span_processor(Router::default());
        crate::set_tracer_provider(provider.build());
    } else {
        crate::set_tracer_provider(Provider::new(Settings {
            sampling: Sampling::Plain(sampler),
            ids: None,
            limits: SpanLimits::default(),
            observers: vec![Box::new(Router::default())],
            redaction: None,
            exporters: Exporters::default(),
        }));
    }
}

/// Whether spans still come to [`Router`]. The API does not say whose the global provider is, so
/// a span has to find out.
fn is_ours_installed() -> bool {
    let probe = Capture::default();
    let context = Context::new().with_value(probe.ended.clone());
    let tracer = global::tracer(env!("CARGO_PKG_NAME"));
    tracer.start_with_context("probe", &context).end();
    !probe.spans().is_empty()
}

const REPLACED: &str = "another tracer provider was installed after the first capture of this \
    process (`traced::init()`, `set_tracer_provider`): it gets all spans, and captures get none; \
    install none where tests capture";

/// Sends every span to the capture whose context it started under.
#[derive(Debug, Default)]
struct Router {
    open: Mutex<HashMap<SpanId, Ended>>,
}

impl Router {
    fn started(&self, span: SpanId, context: &Context) {
        // A root starts under a context of its own, but in the caller's.
        let caller = current_context::current();
        if let Some(capture) = context.get::<Ended>().or_else(|| caller.get::<Ended>()) {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.insert(span, capture.clone());
        }
    }

    fn ended(&self, span: SpanData) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let capture = open.remove(&span.span_context.span_id());
        drop(open);
        if let Some(capture) = capture {
            capture.lock().push(span);
        }
    }
}

impl Observer for Router {
    fn started(&self, span: &mut Record, parent: &Context) {
        self.started(span.span_context().span_id(), parent);
    }

    fn ended(&self, span: SpanData) {
        self.ended(span);
    }
}

impl SpanProcessor for Router {
    fn on_start(&self, span: &mut opentelemetry_sdk::trace::Span, context: &Context) {
        self.started(span.span_context().span_id(), context);
    }

    fn on_end(&self, span: SpanData) {
        self.ended(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn set_resource(&mut self, _resource: &Resource) {}
}

/// The spans of a capture, in the order of their start.
///
/// ```
/// use traced::testing::capture;
///
/// let ((), spans) = capture(|| traced::span!("load", { traced::span!("parse", {}) }));
/// assert_eq!(spans.len(), 2);
/// assert_eq!(spans.iter().next().unwrap().name(), "load");
/// assert_eq!(spans.tree(), "load\n  parse\n");
/// ```
#[derive(Clone, Debug)]
pub struct Spans {
    spans: Vec<Span>,
    page: Arc<Page>,
}

impl Spans {
    /// The one span of this name.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one; the message shows the tree.
    #[track_caller]
    pub fn named(&self, name: &str) -> &Span {
        match self.all_named(name)[..] {
            [span] => span,
            _ if self.is_empty() && !is_ours_installed() => {
                panic!("expected one span named {name:?}, found none, as {REPLACED}")
            }
            ref found => panic!(
                "expected one span named {name:?}, found {}:\n{}{}",
                found.len(),
                self.tree(),
                self.page
                    .write(self.iter().map(Span::data))
                    .unwrap_or_default(),
            ),
        }
    }

    /// Every span of this name.
    pub fn all_named(&self, name: &str) -> Vec<&Span> {
        self.iter().filter(|span| span.name() == name).collect()
    }

    /// All spans.
    pub fn iter(&self) -> impl Iterator<Item = &Span> {
        self.spans.iter()
    }

    /// How many spans there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The spans as an indented tree, one a line: name, kind if not internal,
    /// attributes, status if set. It holds no id and no time, so it can be
    /// compared with text.
    pub fn tree(&self) -> String {
        let mut text = String::new();
        let known: Vec<SpanId> = self.iter().map(Span::id).collect();
        for root in self
            .iter()
            .filter(|span| !known.contains(&span.parent_id()))
        {
            self.write(root, 0, &mut text);
        }
        text
    }

    fn write(&self, span: &Span, depth: usize, text: &mut String) {
        text.extend(std::iter::repeat_n("  ", depth));
        let _ = writeln!(text, "{}", span.line());
        for child in self.iter().filter(|child| child.is_child_of(span)) {
            self.write(child, depth + 1, text);
        }
    }
}

/// A span that has ended.
///
/// ```
/// use traced::testing::capture;
/// use traced::traced;
///
/// #[traced]
/// fn port(text: &str) -> Result<u16, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// let (_, spans) = capture(|| port("http"));
/// let span = spans.named("port");
/// assert!(span.is_root());
/// assert_eq!(span.exceptions().len(), 1);
/// assert_eq!(span.attribute("error.type"), Some("core::num::error::ParseIntError".into()));
/// ```
#[derive(Clone, Debug)]
pub struct Span(SpanData);

impl Span {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its kind.
    pub fn kind(&self) -> &SpanKind {
        &self.0.span_kind
    }

    /// The id of its trace.
    pub fn trace_id(&self) -> TraceId {
        self.0.span_context.trace_id()
    }

    /// Its own id.
    pub fn id(&self) -> SpanId {
        self.0.span_context.span_id()
    }

    /// The id of its parent; of a root, [`SpanId::INVALID`].
    pub fn parent_id(&self) -> SpanId {
        self.0.parent_span_id
    }

    /// Whether `parent` is its parent, in the same trace.
    pub fn is_child_of(&self, parent: &Span) -> bool {
        self.trace_id() == parent.trace_id() && self.parent_id() == parent.id()
    }

    /// Whether it is a root.
    pub fn is_root(&self) -> bool {
        self.parent_id() == SpanId::INVALID
    }

    /// The value of an attribute; of a key given twice, the first.
    pub fn attribute(&self, key: &str) -> Option<Value> {
        let mut attributes = self.0.attributes.iter();
        attributes
            .find(|attribute| attribute.key.as_str() == key)
            .map(|attribute| attribute.value.clone())
    }

    /// Its events, in the order in which they were added.
    pub fn events(&self) -> &[Event] {
        &self.0.events.events
    }

    /// Its `exception` events.
    pub fn exceptions(&self) -> Vec<&Event> {
        let events = self.events().iter();
        events.filter(|event| event.name == "exception").collect()
    }

    /// Its status.
    pub fn status(&self) -> &Status {
        &self.0.status
    }

    /// How long it was open.
    pub fn duration(&self) -> Duration {
        let duration = self.0.end_time.duration_since(self.0.start_time);
        duration.unwrap_or_default()
    }

    /// All there is, as the SDK exports it.
    pub fn data(&self) -> &SpanData {
        &self.0
    }

    fn line(&self) -> String {
        let mut line = self.0.name.to_string();
        match self.kind() {
            SpanKind::Internal => {}
            kind => line.push_str(&format!(" [{kind:?}]").to_lowercase()),
        }
        for attribute in &self.0.attributes {
            let _ = write!(line, " {}={}", attribute.key, attribute.value);
        }
        match &self.0.status {
            Status::Unset => {}
            Status::Ok => line.push_str(" ok"),
            Status::Error { description } => {
                let _ = write!(line, " error: {description}");
            }
        }
        line
    }
}
