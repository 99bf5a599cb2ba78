//! The spans that a capture has received, and the tasks that wait for more.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;

use opentelemetry_sdk::trace::SpanData;

use super::page::Page;
use super::strays;

/// The spans of a capture that have ended: contexts hold it, so that spans find it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended(Arc<State>);

#[derive(Debug, Default)]
struct State {
    got: Mutex<Got>,
    more: Condvar,
    page: Page,
    since: strays::Since,
}

#[derive(Debug, Default)]
struct Got {
    spans: Vec<SpanData>,
    waiting: Vec<Waker>,
}

impl Ended {
    fn lock(&self) -> MutexGuard<'_, Got> {
        self.0.got.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, span: SpanData) {
        let waiting = {
            let mut got = self.lock();
            got.spans.push(span);
            mem::take(&mut got.waiting)
        };
        self.0.more.notify_all();
        // Outside the lock: a waker is the code of a runtime.
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(super) fn spans(&self) -> Vec<SpanData> {
        self.lock().spans.clone()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().spans.is_empty()
    }

    /// Waits until there are other than `known` spans. `false` if the deadline came first.
    pub(super) fn wait_for_more(&self, known: usize, deadline: Instant) -> bool {
        let mut got = self.lock();
        while got.spans.len() == known {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.0.more.wait_timeout(got, left);
            got = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Wakes `waker` at the next span. `false` if there are other than `known` spans already.
    pub(super) fn wake_at_next(&self, known: usize, waker: &Waker) -> bool {
        let mut got = self.lock();
        let is_pending = got.spans.len() == known;
        if is_pending && !got.waiting.iter().any(|known| known.will_wake(waker)) {
            got.waiting.push(waker.clone());
        }
        is_pending
    }

    pub(super) fn page(&self) -> &Page {
        &self.0.page
    }

    /// From when on it captures.
    pub(super) fn since(&self) -> &strays::Since {
        &self.0.since
    }

    pub(super) fn is(&self, other: &Ended) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
