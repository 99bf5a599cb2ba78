//! Prints on standard output and standard error without blocking the program on them.
//!
//! Either stream may be locked by the program for any time, stopped (Ctrl-S), or a pipe
//! that is not read. So each stream has a thread here, which starts with the first text and is the only one that
//! blocks on the stream. A caller queues whole lines, and waits for [`PATIENCE`] at most until they are
//! written. In an ordinary program they are written when the call returns, before anything that the program prints
//! next, and even if it calls `std::process::exit` then. After a caller has waited in vain, no caller waits for the
//! stream until all queued texts are written.
//!
//! Tests under libtest are an exception: see [`is_test`].

mod waiting;

#[cfg(unix)]
use std::fs::File;
use std::io::{self, Write};
#[cfg(unix)]
use std::os::fd::AsFd as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use self::waiting::Waiting;
use crate::fork::ForkMutex;
use crate::self_log::level::{self, Level};
use crate::thread::spawn_thread;

/// How long a caller waits for the stream.
const PATIENCE: Duration = Duration::from_millis(50);

/// The greatest number of bytes in one write. Between writes, other threads can use the stream.
const CHUNK: usize = 64 << 10;

/// Standard output or standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

static STDOUT: Printer = Printer::new(Sink::Stream(Stream::Stdout));
static STDERR: Printer = Printer::new(Sink::Stream(Stream::Stderr));

impl Stream {
    fn printer(self) -> &'static Printer {
        match self {
            Stream::Stdout => &STDOUT,
            Stream::Stderr => &STDERR,
        }
    }

    /// Prints whole lines. Never blocks for longer than [`PATIENCE`], and never panics.
    pub(crate) fn print(self, text: String) {
        match is_test() {
            true => self.print_in_test(&text),
            false => self.printer().print(text),
        }
    }

    /// Prints a text without waiting.
    fn enqueue(self, text: String) {
        self.printer().enqueue(text);
    }

    /// Prints with the macros whose output libtest captures for the test that runs on this thread or started it.
    #[allow(clippy::print_stdout, clippy::print_stderr)]
    pub(crate) fn print_in_test(self, text: &str) {
        // `print!` and `eprint!` panic if the stream is closed and not captured.
        let _ = catch_unwind(|| match self {
            Stream::Stdout => print!("{text}"),
            Stream::Stderr => eprint!("{text}"),
        });
    }

    /// Waits until everything that was printed before is written; `false` if that takes longer than the deadline.
    pub(crate) fn flush(self, deadline: Instant) -> bool {
        self.printer().flush(deadline)
    }

    /// The stream without std's lock and buffer.
    #[cfg(unix)]
    fn without_lock(self) -> io::Result<File> {
        let stream = match self {
            Stream::Stdout => io::stdout().as_fd().try_clone_to_owned(),
            Stream::Stderr => io::stderr().as_fd().try_clone_to_owned(),
        };
        stream.map(File::from)
    }

    fn name(self) -> &'static str {
        match self {
            Stream::Stdout => "standard output",
            Stream::Stderr => "standard error",
        }
    }
}

/// Waits until everything that was printed before is written to both streams; `false` if that takes longer than the
/// deadline.
#[cfg(feature = "init")]
pub(crate) fn flush(deadline: Instant) -> bool {
    let is_done = Stream::Stdout.flush(deadline);
    Stream::Stderr.flush(deadline) && is_done
}

/// Whether the current thread runs a test of libtest that captures output.
///
/// Only `print!` and `eprint!` are captured, and only on the thread of the test and on those that it started.
/// There is no API to ask: libtest is recognised by the path of the executable, and the thread by its name, which is
/// that of the test.
pub(crate) fn is_test() -> bool {
    static IS_LIBTEST: OnceLock<bool> = OnceLock::new();
    *IS_LIBTEST.get_or_init(is_libtest)
        && thread::current()
            .name()
            .is_some_and(|name| name != "main" && !name.starts_with("traced-"))
}

fn is_libtest() -> bool {
    let shows_all = std::env::args_os().any(|arg| arg == "--nocapture" || arg == "--no-capture")
        || std::env::var_os("RUST_TEST_NOCAPTURE").is_some_and(|value| value != "0");
    !shows_all && std::env::current_exe().is_ok_and(|exe| is_cargo_test(&exe))
}

/// Whether it is a path such as `target/debug/deps/name-0123456789abcdef`.
fn is_cargo_test(exe: &std::path::Path) -> bool {
    let folder = exe.parent().and_then(|folder| folder.file_name());
    let hash = exe
        .file_stem()
        .and_then(|stem| stem.to_str()?.rsplit_once('-'));
    let is_hash =
        |hash: &str| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    folder.is_some_and(|folder| folder == "deps") && hash.is_some_and(|(_, hash)| is_hash(hash))
}

/// A destination, and the queue of texts for it.
struct Printer {
    sink: Sink,
    state: ForkMutex<State>,
    /// Wakes the thread when a text is queued.
    work: Condvar,
    /// Wakes callers when a text was written.
    written: Condvar,
    /// Whether this process was forked from one that printed. Another thread of the parent may have
    /// held std's lock of the stream, which is then never released here.
    is_forked: AtomicBool,
}

enum Sink {
    Stream(Stream),
    #[cfg(test)]
    Own(std::sync::Mutex<Box<dyn Write + Send>>),
}

struct State {
    waiting: Waiting,
    /// The number of texts that were ever queued.
    queued: u64,
    /// The number of those that were written or failed.
    done: u64,
    is_running: bool,
    /// Whether a caller gave up waiting for its text.
    is_stuck: bool,
    /// The process to which the thread belongs; a forked child does not have the thread.
    process: u32,
}

impl Printer {
    const fn new(sink: Sink) -> Self {
        Printer {
            sink,
            state: ForkMutex::new(State {
                waiting: Waiting::new(),
                queued: 0,
                done: 0,
                is_running: false,
                is_stuck: false,
                process: 0,
            }),
            work: Condvar::new(),
            written: Condvar::new(),
            is_forked: AtomicBool::new(false),
        }
    }

    fn print(&'static self, text: String) {
        let Some((state, number)) = self.push(text) else {
            return;
        };
        if state.is_stuck {
            return;
        }
        let mut state = self.wait(state, number, Instant::now() + PATIENCE);
        state.is_stuck |= state.done < number;
    }

    fn enqueue(&'static self, text: String) {
        drop(self.push(text));
    }

    /// Queues a text and returns its number; `None` if there is no room, or no thread to write it.
    fn push(&'static self, text: String) -> Option<(MutexGuard<'static, State>, u64)> {
        let mut state = self.lock()?;
        if !state.waiting.push(text) {
            return None;
        }
        state.queued += 1;
        let number = state.queued;
        if !state.is_running {
            state.is_running = spawn_thread("traced-print", || self.serve()).is_ok();
        }
        self.work.notify_one();
        state.is_running.then_some((state, number))
    }

    fn flush(&self, deadline: Instant) -> bool {
        let Some(state) = self.lock() else {
            return false;
        };
        let number = state.queued;
        self.wait(state, number, deadline).done >= number
    }

    fn wait<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        number: u64,
        deadline: Instant,
    ) -> MutexGuard<'a, State> {
        while state.done < number && state.is_running {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let woken = self.written.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }

    /// Runs on the thread: writes queued texts.
    fn serve(&self) {
        let _running = Running(self);
        while let Some(left_out) = self.write_next() {
            if left_out > 0 {
                self.warn_of_left_out(left_out);
            }
        }
    }

    /// Waits for a text, writes it, and returns how many texts found no room meanwhile.
    fn write_next(&self) -> Option<u64> {
        let mut state = self.lock()?;
        while state.waiting.is_empty() {
            let woken = self.work.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
        let (text, count) = state.waiting.take(CHUNK);
        drop(state);
        let _ = catch_unwind(AssertUnwindSafe(|| self.write(&text)));
        let mut state = self.lock()?;
        state.done += count;
        state.is_stuck &= !state.waiting.is_empty();
        self.written.notify_all();
        Some(state.waiting.left_out())
    }

    /// Writes a text, and ignores errors: a closed pipe or a full disk must not affect the traced program.
    fn write(&self, text: &str) {
        fn whole(mut to: impl Write, text: &str) {
            let _ = to.write_all(text.as_bytes());
            let _ = to.flush();
        }
        match &self.sink {
            #[cfg(unix)]
            Sink::Stream(stream) if self.is_forked.load(Ordering::Relaxed) => {
                if let Ok(file) = stream.without_lock() {
                    whole(file, text);
                }
            }
            Sink::Stream(Stream::Stdout) => whole(io::stdout().lock(), text),
            Sink::Stream(Stream::Stderr) => whole(io::stderr().lock(), text),
            #[cfg(test)]
            Sink::Own(writer) => whole(&mut *writer.lock().unwrap(), text),
        }
    }

    fn warn_of_left_out(&self, left_out: u64) {
        let name = match &self.sink {
            Sink::Stream(stream) => stream.name(),
            #[cfg(test)]
            Sink::Own(_) => "the writer",
        };
        let line = level::line(
            Level::Warn,
            format_args!(
                "{name} did not take what was to be printed in time; {left_out} trees, log lines or messages \
                 were left out"
            ),
        );
        match (line, &self.sink) {
            (None, _) => {}
            (Some(line), Sink::Stream(_)) => Stream::Stderr.enqueue(line),
            #[cfg(test)]
            (Some(line), Sink::Own(_)) => self.write(&line),
        }
    }

    /// The state. In a forked child it is reset, as the parent writes the texts that were queued before the fork.
    /// `None` in a child in which the lock is never released.
    fn lock(&self) -> Option<MutexGuard<'_, State>> {
        let mut state = self.state.lock()?;
        let process = process::id();
        if state.process != process {
            self.is_forked.store(state.process != 0, Ordering::Relaxed);
            state.process = process;
            state.is_running = false;
            state.is_stuck = false;
            state.waiting = Waiting::new();
            state.done = state.queued;
        }
        Some(state)
    }
}

/// Notes the end of the thread, so that the next text starts another one if it panicked.
struct Running<'a>(&'a Printer);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(mut state) = self.0.lock() {
            state.is_running = false;
        }
        self.0.written.notify_all();
    }
}

#[cfg(test)]
mod tests;
