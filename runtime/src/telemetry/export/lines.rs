//! An exporter that writes lines of OTLP JSON, to a file or to standard output.
//!
//! The reader of a pipe may be slow or gone, and a disk may be full or slow. So lines are written on a
//! thread of their own, one job after the other. A job that is not written in time has failed, and at most two
//! jobs are in memory, however long the thread is blocked.
//!
//! Specification: OpenTelemetry, *OTLP File Exporter*.

mod file;
mod stdout;

use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

pub(super) use self::file::LinesFile;
pub(super) use self::stdout::Stdout;
use super::deadline::after;
use super::otlp_exporter::Prepare;
use super::signal::{BatchOf, Format, OtlpSignal};
use super::worker::{Destination, Progress};
use crate::self_log::{self, Level};
use crate::thread::spawn_thread;

/// The destination of lines.
pub(super) trait Output: Send + 'static {
    /// The length in bytes above which a line with more than one item is split.
    fn max_line(&self) -> usize;

    /// Writes a whole line with its line break, or nothing. `is_waited_for` becomes false when the caller has given up.
    ///
    /// # Errors
    ///
    /// The line was not written, not even partly.
    fn write(&mut self, line: &[u8], is_waited_for: &dyn Fn() -> bool) -> io::Result<()>;
}

/// Writes the batches of one signal.
pub(super) struct Lines<S: OtlpSignal> {
    jobs: Sender<Job>,
    /// Starts the thread; called before the first line.
    start: Option<Start>,
    name: Arc<str>,
    /// The time limit for one batch.
    timeout: Duration,
    max_line: usize,
    prepare: Prepare<S>,
}

type Start = Box<dyn FnOnce() -> io::Result<()> + Send>;

struct Job {
    line: Vec<u8>,
    answer: oneshot::Sender<io::Result<()>>,
}

/// Why a line was not written.
enum Failure {
    Io(io::Error),
    TimedOut,
}

impl Failure {
    /// The value of `error.type`.
    fn error_type(&self) -> Cow<'static, str> {
        match self {
            Failure::Io(error) => format!("{:?}", error.kind()).into(),
            Failure::TimedOut => "timeout".into(),
        }
    }
}

impl<S: OtlpSignal> Lines<S> {
    pub(super) fn new(
        output: impl Output,
        name: Arc<str>,
        timeout: Duration,
        prepare: Prepare<S>,
    ) -> Self {
        let max_line = output.max_line();
        let (jobs, receiver) = channel(1);
        let start = move || spawn_thread("traced-lines", move || serve(receiver, output)).map(drop);
        Lines {
            jobs,
            start: Some(Box::new(start)),
            name,
            timeout,
            max_line,
            prepare,
        }
    }

    async fn write(&mut self, line: Vec<u8>, deadline: Instant) -> Result<(), Failure> {
        if let Some(start) = self.start.take() {
            start().map_err(Failure::Io)?;
        }
        let (answer, outcome) = oneshot::channel();
        let written = async {
            // Waits until the thread has taken the previous job.
            if self.jobs.send(Job { line, answer }).await.is_err() {
                return Err(Failure::Io(io::Error::other("its thread has ended")));
            }
            let gone = |_| Err(io::Error::other("its thread has ended"));
            outcome.await.unwrap_or_else(gone).map_err(Failure::Io)
        };
        timeout_at(deadline, written)
            .await
            .unwrap_or(Err(Failure::TimedOut))
    }

    fn lost(&self, count: u64, failure: &Failure) {
        let (name, signal) = (&self.name, S::PLURAL);
        let (kind, why) = match failure {
            Failure::Io(error) => (format!("{:?}", error.kind()), error.to_string()),
            Failure::TimedOut => (
                "timeout".to_owned(),
                format!("it was not taken within {:?}", self.timeout),
            ),
        };
        self_log::once(
            Level::Error,
            &format!("lost {signal} of {name}: {kind}"),
            format_args!(
                "{count} {signal} were not written to {name}: {why}; they count as failed, and the next ones are \
                 tried again. This is said once"
            ),
        );
    }
}

impl<S: OtlpSignal> Destination<S::Source> for Lines<S> {
    async fn send(&mut self, batch: BatchOf<S>, progress: &Progress<S::Source>) {
        let deadline = Instant::from_std(after(self.timeout));
        // Requests are taken from the end, so the first one is pushed last.
        let mut requests = vec![(self.prepare)(batch)];
        while let Some(mut request) = requests.pop() {
            let count = S::count(&request);
            let written = match S::encode(&request, Format::Json) {
                Ok(line) if count > 1 && line.len() >= self.max_line => {
                    let later = S::split_off(&mut request);
                    requests.extend([later, request]);
                    continue;
                }
                Ok(line) => {
                    let mut line = Vec::from(line);
                    line.push(b'\n');
                    self.write(line, deadline).await
                }
                Err(error) => Err(Failure::Io(io::Error::other(error.detail))),
            };
            if let Err(failure) = &written {
                self.lost(count, failure);
                progress.note_failed(|| failure.error_type(), count);
            }
            progress.settle(count, if written.is_ok() { count } else { 0 });
        }
    }

    fn panicked(&self, lost: u64, message: &str) {
        self.lost(lost, &Failure::Io(io::Error::other(message.to_owned())));
    }
}

fn serve(mut jobs: Receiver<Job>, mut output: impl Output) {
    while let Some(Job { line, answer }) = jobs.blocking_recv() {
        // The caller has given up waiting and counted the batch as failed.
        if answer.is_closed() {
            continue;
        }
        let written = output.write(&line, &|| !answer.is_closed());
        let _ = answer.send(written);
    }
}

/// Writes all bytes, in one write if the system accepts them at once. `written` is the number of bytes that were
/// written, even after an error.
fn write_all(mut file: &std::fs::File, bytes: &[u8], written: &mut usize) -> io::Result<()> {
    use io::Write as _;

    while *written < bytes.len() {
        match file.write(&bytes[*written..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => *written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
