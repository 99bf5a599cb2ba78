//! Hands finished texts to the writer, whole and one after the other, without making
//! anybody wait who does not have to.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// Texts that may wait for a slow writer before whoever prints has to wait too.
const WAITING: usize = 64;

/// The writer and the texts that wait for it.
///
/// One thread at a time takes the writer out and writes until nothing waits, without
/// holding the lock: a writer that itself makes spans finds the lock free.
pub(super) struct Output {
    state: Mutex<State>,
    written: Condvar,
}

struct State {
    waiting: VecDeque<String>,
    /// `None` while a thread is writing.
    writer: Option<Box<dyn Write + Send>>,
    writing: Option<ThreadId>,
}

impl Output {
    pub(super) fn new(writer: Box<dyn Write + Send>) -> Self {
        Output {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                writer: Some(writer),
                writing: None,
            }),
            written: Condvar::new(),
        }
    }

    /// Writes `text`, or leaves it to the thread that is writing.
    pub(super) fn print(&self, text: String) {
        let mut state = self.lock();
        // The writing thread itself, coming from inside the writer, must never wait.
        while state.waiting.len() >= WAITING && state.is_written_by_another() {
            state = wait(&self.written, state);
        }
        state.waiting.push_back(text);
        if let Some(writer) = state.writer.take() {
            state.writing = Some(thread::current().id());
            drop(state);
            Writing {
                output: self,
                writer: Some(writer),
            }
            .drain();
        }
    }

    /// Waits until everything printed before is written; `false` if that took too long.
    pub(super) fn flush(&self, timeout: Duration) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let mut state = self.lock();
        while state.is_written_by_another() {
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return false;
            }
            let left = left.unwrap_or(Duration::MAX);
            let woken = self.written.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_written_by_another(&self) -> bool {
        self.writing
            .is_some_and(|writer| writer != thread::current().id())
    }
}

fn wait<'a>(condition: &Condvar, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
    let woken = condition.wait(state);
    woken.unwrap_or_else(PoisonError::into_inner)
}

/// The writer, taken out for writing; it goes back even if it panics.
struct Writing<'a> {
    output: &'a Output,
    writer: Option<Box<dyn Write + Send>>,
}

impl Writing<'_> {
    fn drain(mut self) {
        while let Some(text) = self.next() {
            if let Some(writer) = &mut self.writer {
                // A closed pipe or a full disk must not reach the program that is traced.
                let _ = writer.write_all(text.as_bytes());
                let _ = writer.flush();
            }
        }
    }

    /// The next text; puts the writer back under the same lock if there is none, so
    /// that no text is left between two threads.
    fn next(&mut self) -> Option<String> {
        let mut state = self.output.lock();
        let text = state.waiting.pop_front();
        if text.is_none() {
            state.writer = self.writer.take();
            state.writing = None;
        }
        self.output.written.notify_all();
        text
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            let mut state = self.output.lock();
            state.writer = Some(writer);
            state.writing = None;
            self.output.written.notify_all();
        }
    }
}

#[cfg(test)]
mod tests;
