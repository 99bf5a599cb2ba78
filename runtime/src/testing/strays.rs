//! Spans that start outside of any capture; spans that lost their context are among them.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use opentelemetry::trace::SpanKind;

/// A root of a kind that is seldom one, which started where no test captures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stray {
    pub(super) name: Cow<'static, str>,
    /// The name of the thread that it started on.
    pub(super) thread: Option<String>,
    id: ThreadId,
}

/// The strays of the process, as long as there are captures.
struct Noted {
    captures: usize,
    strays: Vec<Stray>,
}

/// More than a test would print; a process that goes on and on must not fill its memory.
const MOST: usize = 10_000;

static NOTED: Mutex<Noted> = Mutex::new(Noted {
    captures: 0,
    strays: Vec::new(),
});

fn noted() -> MutexGuard<'static, Noted> {
    NOTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From when on a capture is told of strays.
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
    /// The strays that started since, but for those on a thread that is another test's own.
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
    /// Where it started, in words.
    pub(super) fn place(&self) -> String {
        match &self.thread {
            Some(thread) => format!("on thread {thread:?}"),
            None => "on a thread without a name".to_owned(),
        }
    }

    /// libtest names the thread of a test after the path of its function; threads of runtimes and pools are
    /// called otherwise, or have no name.
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

/// Whether a root of this kind is seldom meant: requests and messages from elsewhere begin traces.
pub(super) fn may_be_lost(kind: &SpanKind) -> bool {
    !matches!(kind, SpanKind::Server | SpanKind::Consumer)
}

/// A root has started where no test captures.
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
    fn threads_of_tests_are_told_from_those_of_pools() {
        for test in ["it_works", "shop::tests::it_works"] {
            assert!(on(Some(test)).is_on_thread_of_a_test(), "{test}");
        }
        for pool in ["main", "tokio-rt-worker", "pool 3", "", "7"] {
            assert!(!on(Some(pool)).is_on_thread_of_a_test(), "{pool}");
        }
        assert!(!on(None).is_on_thread_of_a_test());
    }
}
