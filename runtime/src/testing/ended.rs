//! The spans that a capture has received, the tasks that wait for more, and the capture of each span.

use std::borrow::Cow;
use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::Waker;
use std::time::Instant;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceState};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator, SpanData};

use super::page::Page;
use super::strays;

/// The spans of a capture that have ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended(Arc<State>);

#[derive(Debug, Default)]
struct State {
    got: Mutex<Got>,
    changed: Condvar,
    page: Page,
    since: strays::Since,
    caller: OnceLock<SpanContext>,
}

#[derive(Debug, Default)]
struct Got {
    spans: Vec<SpanData>,
    /// The names of the spans that have not ended.
    open: HashMap<SpanId, Cow<'static, str>>,
    /// The ids of all spans that have started, and of the caller.
    known: Vec<SpanId>,
    /// The number of contexts whose spans are sent here.
    contexts: usize,
    /// The number of changes to the fields above.
    changes: usize,
    waiting: Vec<Waker>,
}

/// The state of a capture at one moment.
pub(super) struct Snapshot {
    pub(super) spans: Vec<SpanData>,
    /// The names of the spans that have not ended, in alphabetical order.
    pub(super) open: Vec<Cow<'static, str>>,
    pub(super) is_held: bool,
    pub(super) changes: usize,
}

impl Ended {
    fn lock(&self) -> MutexGuard<'_, Got> {
        self.0.got.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Got)) {
        let waiting = {
            let mut got = self.lock();
            change(&mut got);
            got.changes += 1;
            mem::take(&mut got.waiting)
        };
        self.0.changed.notify_all();
        // After the lock, as a waker runs code of a runtime.
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Notes that a span has started.
    pub(super) fn start(&self, id: SpanId, name: Cow<'static, str>) {
        known().insert(id, Arc::downgrade(&self.0));
        self.change(|got| {
            got.known.push(id);
            got.open.insert(id, name);
        });
    }

    /// Notes that a span has ended.
    pub(super) fn end(&self, span: SpanData) {
        self.change(|got| {
            got.open.remove(&span.span_context.span_id());
            got.spans.push(span);
        });
    }

    /// The context `current` with this capture: its spans are sent here.
    pub(super) fn context(&self, current: &Context) -> Context {
        self.change(|got| got.contexts += 1);
        current.with_value(InContext(self.clone()))
    }

    /// The capture in `context`.
    pub(super) fn of(context: &Context) -> Option<&Ended> {
        context.get::<InContext>().map(|InContext(ended)| ended)
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let got = self.lock();
        let mut open: Vec<_> = got.open.values().cloned().collect();
        open.sort_unstable();
        Snapshot {
            spans: got.spans.clone(),
            open,
            is_held: got.contexts > 0,
            changes: got.changes,
        }
    }

    /// A made-up span of another process whose children are sent here. It is the same at each call.
    pub(super) fn caller(&self) -> &SpanContext {
        self.0.caller.get_or_init(|| {
            let ids = RandomIdGenerator::default();
            let (trace, id) = (ids.new_trace_id(), ids.new_span_id());
            known().insert(id, Arc::downgrade(&self.0));
            self.lock().known.push(id);
            SpanContext::new(trace, id, TraceFlags::SAMPLED, true, TraceState::default())
        })
    }

    /// Waits until there are more than `seen` changes. `false` if the deadline came first.
    pub(super) fn wait_for_change(&self, seen: usize, deadline: Instant) -> bool {
        let mut got = self.lock();
        while got.changes == seen {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.0.changed.wait_timeout(got, left);
            got = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Wakes `waker` at the next change. `false` if there are more than `seen` changes already.
    pub(super) fn wake_at_change(&self, seen: usize, waker: &Waker) -> bool {
        let mut got = self.lock();
        let is_pending = got.changes == seen;
        if is_pending && !got.waiting.iter().any(|known| known.will_wake(waker)) {
            got.waiting.push(waker.clone());
        }
        is_pending
    }

    pub(super) fn page(&self) -> &Page {
        &self.0.page
    }

    /// The start of the capture.
    pub(super) fn since(&self) -> &strays::Since {
        &self.0.since
    }
}

/// The capture as a value of a context. Clones of the context share it, so it is dropped with the last one.
#[derive(Debug)]
struct InContext(Ended);

impl Drop for InContext {
    fn drop(&mut self) {
        self.0.change(|got| got.contexts -= 1);
    }
}

/// The captures of all spans, also of ended ones, as spans below them may start later. Spans of a dropped capture are
/// removed.
static KNOWN: LazyLock<Mutex<HashMap<SpanId, Weak<State>>>> = LazyLock::new(Mutex::default);

/// No [`State`] may be dropped while this is locked, as its drop takes the same lock.
fn known() -> MutexGuard<'static, HashMap<SpanId, Weak<State>>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The capture of a span.
pub(super) fn capture_of(span: SpanId) -> Option<Ended> {
    known().get(&span)?.upgrade().map(Ended)
}

/// The name of a span that has not ended.
pub(super) fn open_name(span: SpanId) -> Option<Cow<'static, str>> {
    let capture = capture_of(span)?;
    let got = capture.lock();
    got.open.get(&span).cloned()
}

impl Drop for State {
    fn drop(&mut self) {
        let got = self.got.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut known = known();
        for span in &got.known {
            known.remove(span);
        }
    }
}
