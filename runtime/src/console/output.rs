//! Passes finished texts to their destination, whole and one after the other, without blocking callers.

use std::io::Write;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crate::printer::{Stream, Waiting, is_test};

/// Passed to [`Waiting::take`] to take one text, however short the next one is.
const ONE: usize = 0;

/// The destination of printed text.
pub(super) enum Output {
    /// Printed by the thread of the stream.
    Stream(Stream),
    /// Prints with `print!` and `eprint!`, which libtest captures, because the processor was built
    /// in a test.
    Captured(Stream),
    Writer(Turns),
}

impl Output {
    pub(super) fn of_stream(stream: Stream) -> Self {
        match is_test() {
            true => Output::Captured(stream),
            false => Output::Stream(stream),
        }
    }

    pub(super) fn of_writer(writer: Box<dyn Write + Send>) -> Self {
        Output::Writer(Turns::new(writer))
    }

    pub(super) fn print(&self, text: String) {
        match self {
            Output::Captured(stream) if !is_own_thread() => stream.print_in_test(&text),
            Output::Stream(stream) | Output::Captured(stream) => stream.print(text),
            Output::Writer(turns) => turns.print(text),
        }
    }

    /// Waits until everything that was printed before is written; `false` if that takes too long.
    pub(super) fn flush(&self, timeout: Duration) -> bool {
        let now = Instant::now();
        // A timeout of centuries counts as a year.
        let deadline = now.checked_add(timeout).unwrap_or(now + YEAR);
        match self {
            Output::Stream(stream) | Output::Captured(stream) => stream.flush(deadline),
            Output::Writer(turns) => turns.flush(deadline),
        }
    }
}

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Whether this is a thread of this crate, whose output the test that happened to start it would capture.
fn is_own_thread() -> bool {
    let thread = thread::current();
    thread
        .name()
        .is_some_and(|name| name.starts_with("traced-"))
}

/// The user's writer, and the texts that wait for it.
///
/// One thread at a time takes the writer out and writes until the queue is empty, without
/// holding the lock, as the writer may make spans itself. Other threads queue
/// their texts; texts that find no room are counted and reported.
pub(super) struct Turns {
    state: Mutex<State>,
    written: Condvar,
}

struct State {
    waiting: Waiting,
    /// `None` while a thread is writing.
    writer: Option<Box<dyn Write + Send>>,
    writing: Option<ThreadId>,
}

impl Turns {
    fn new(writer: Box<dyn Write + Send>) -> Self {
        Turns {
            state: Mutex::new(State {
                waiting: Waiting::new(),
                writer: Some(writer),
                writing: None,
            }),
            written: Condvar::new(),
        }
    }

    /// Writes `text`, or leaves it to the thread that is writing.
    fn print(&self, text: String) {
        let mut state = self.lock();
        state.waiting.push(text);
        if let Some(writer) = state.writer.take() {
            state.writing = Some(thread::current().id());
            drop(state);
            Writing {
                turns: self,
                writer: Some(writer),
            }
            .drain();
        }
    }

    fn flush(&self, deadline: Instant) -> bool {
        let mut state = self.lock();
        while state.is_written_by_another() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
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

/// The writer while it is taken out; it is put back even if it panics.
struct Writing<'a> {
    turns: &'a Turns,
    writer: Option<Box<dyn Write + Send>>,
}

impl Writing<'_> {
    fn drain(mut self) {
        while let Some(text) = self.next() {
            if let Some(writer) = &mut self.writer {
                // A closed pipe or a full disk must not affect the traced program.
                let _ = writer.write_all(text.as_bytes());
                let _ = writer.flush();
            }
        }
    }

    /// The next text. If there is none, the writer is put back under the same lock, so that no text
    /// is left behind that no thread will write.
    fn next(&mut self) -> Option<String> {
        let mut state = self.turns.lock();
        let (text, count) = state.waiting.take(ONE);
        let left_out = state.waiting.left_out();
        if left_out > 0 {
            let note = format!("… {} left out: the writer was busy\n\n", count_of(left_out));
            state.waiting.push(note);
        }
        if count == 0 {
            state.writer = self.writer.take();
            state.writing = None;
        }
        self.turns.written.notify_all();
        (count > 0).then_some(text)
    }
}

fn count_of(trees: u64) -> String {
    let trees = usize::try_from(trees).unwrap_or(usize::MAX);
    super::text::count(trees, "tree")
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            let mut state = self.turns.lock();
            state.writer = Some(writer);
            state.writing = None;
            self.turns.written.notify_all();
        }
    }
}

#[cfg(test)]
mod tests;
