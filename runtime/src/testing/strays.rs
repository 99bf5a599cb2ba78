//! Stray spans: roots that start outside of any capture. Some of them have lost their context.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use opentelemetry::trace::SpanKind;

/// A root outside of any capture, of a kind that usually has a parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stray {
    pub(super) name: Cow<'static, str>,
    /// The name of the thread on which it started.
    pub(super) thread: Option<String>,
    id: ThreadId,
}

/// The stray spans of the process; they are kept while there are captures.
struct Noted {
    captures: usize,
    strays: Vec<Stray>,
}

/// The largest number of stray spans that are kept, so that a long-running process does not fill its memory.
const MOST: usize = 10_000;

static NOTED: Mutex<Noted> = Mutex::new(Noted {
    captures: 0,
    strays: Vec::new(),
});

fn noted() -> MutexGuard<'static, Noted> {
    NOTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The start of a capture in the list of stray spans.
#[derive(Debug)]
pub(super) struct Since(usize);

impl Default for Since {
    fn default() -> Self {
        let mut noted = noted();
        noted.captures += 1;
        Since(noted.strays.len())
    }
}

impl Drop for Since {
    fn drop(&mut self) {
        let mut noted = noted();
        noted.captures -= 1;
        if noted.captures == 0 {
            noted.strays.clear();
        }
    }
}

impl Since {
    /// The stray spans since then, except those on the thread of another test.
    pub(super) fn strays(&self) -> Vec<Stray> {
        let this = thread::current().id();
        let noted = noted();
        let since = noted.strays.iter().skip(self.0);
        since
            .filter(|stray| stray.id == this || !stray.is_on_thread_of_a_test())
            .cloned()
            .collect()
    }
}

impl Stray {
    /// The thread on which it started, in words.
    pub(super) fn place(&self) -> String {
        match &self.thread {
            Some(thread) => format!("on thread {thread:?}"),
            None => "on a thread without a name".to_owned(),
        }
    }

    /// libtest names the thread of a test after the path of its function; threads of runtimes and pools have
    /// other names, or none.
    fn is_on_thread_of_a_test(&self) -> bool {
        let is_word = |word: &str| {
            let mut letters = word.chars();
            letters.next().is_some_and(|first| !first.is_numeric())
                && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
        };
        self.thread
            .as_ref()
            .is_some_and(|name| name != "main" && name.split("::").all(is_word))
    }
}

/// Whether a root of this kind has probably lost its context. Spans of servers and consumers often start traces.
pub(super) fn may_be_lost(kind: &SpanKind) -> bool {
    !matches!(kind, SpanKind::Server | SpanKind::Consumer)
}

/// Notes a root that started outside of any capture.
pub(super) fn note(name: Cow<'static, str>) {
    let thread = thread::current();
    let mut noted = noted();
    if noted.captures > 0 && noted.strays.len() < MOST {
        noted.strays.push(Stray {
            name,
            thread: thread.name().map(ToOwned::to_owned),
            id: thread.id(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(thread: Option<&str>) -> Stray {
        Stray {
            name: "work".into(),
            thread: thread.map(ToOwned::to_owned),
            id: thread::current().id(),
        }
    }

    #[test]
    fn threads_of_tests_and_of_pools_are_distinguished() {
        for test in ["it_works", "shop::tests::it_works"] {
            assert!(on(Some(test)).is_on_thread_of_a_test(), "{test}");
        }
        for pool in ["main", "tokio-rt-worker", "pool 3", "", "7"] {
            assert!(!on(Some(pool)).is_on_thread_of_a_test(), "{pool}");
        }
        assert!(!on(None).is_on_thread_of_a_test());
    }
}
