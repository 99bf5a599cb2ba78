//! The builder's settings for observing a program without a collector: files, poll times, open spans.

use std::time::Duration;

use super::builder::{ExporterConfig, TelemetryBuilder};
use super::otlp_file::OtlpFile;

impl TelemetryBuilder {
    /// Appends spans to a file, as lines of OTLP JSON. Unless set, `TRACED_FILE` names the file, if any.
    ///
    /// Each line is a batch of spans: the body of a request to a collector over HTTP. The page of
    /// [`html`](Self::html) opens such files, and the Collector and other tools for OTLP JSON read them. With the
    /// feature `logs`, log records go to a second file, `spans.logs.jsonl` for `spans.jsonl`, as a file has only one
    /// signal. This does not change the other exporters.
    ///
    /// The file has only whole lines, even if several processes append to it: each line is one write, under a lock of
    /// the file (`flock`). If the disk is full, nothing of a line is written, and a partial line of a killed process
    /// is removed by the next write. Spans that cannot be written count as failed in the
    /// [`Report`](crate::telemetry::Report), and a message says why. [`OtlpFile`] sets the rotation. On systems other
    /// than Unix there is no such lock, so only one process should write to the file.
    ///
    /// Specification: OpenTelemetry, *OTLP File Exporter*.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = std::env::temp_dir().join(format!("traced-file-{}", std::process::id()));
    /// # let path = folder.join("spans.jsonl");
    /// let telemetry = TelemetryBuilder::default().file(&path).no_exporter().init()?;
    /// traced::span!("work", {});
    /// assert!(telemetry.shutdown().is_complete());
    /// assert!(std::fs::read_to_string(&path)?.starts_with(r#"{"resourceSpans":["#));
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn file(mut self, file: impl Into<OtlpFile>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Writes spans to standard output, as lines of OTLP JSON, like `OTEL_TRACES_EXPORTER=otlp/stdout`. It is one of
    /// the exporters: see [`otlp`](Self::otlp).
    ///
    /// If standard output is a pipe, a line is not longer than the system writes to a pipe at once (4096 bytes on
    /// Linux), unless a single span is longer. So neither a slow reader nor the end of the process can cut a line.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().otlp_stdout();
    /// # drop(builder);
    /// ```
    pub fn otlp_stdout(self) -> Self {
        self.exporter(ExporterConfig::OtlpStdout)
    }

    /// Sets whether spans of futures and streams measure their polls; by default `TRACED_POLL_TIMES` decides, and
    /// otherwise they do not.
    ///
    /// Each such span has the attributes `traced.busy_ns` (the time in polls), `traced.idle_ns` (the time between
    /// polls), `traced.polls` (the number of polls) and `traced.longest_poll_ns`. A poll of at least
    /// [`long_poll`](Self::long_poll) blocks a thread of the runtime for all other tasks: it is reported as an event
    /// `traced.long_poll` with its duration, `traced.poll_ns`, in the innermost span that took so long, and as a
    /// warning on stderr, once for each function. Futures whose span started before are not measured.
    ///
    /// It reads the clock twice in each poll, and costs nothing when it is off.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().poll_times(true);
    /// # drop(builder);
    /// ```
    pub fn poll_times(mut self, are_enabled: bool) -> Self {
        self.watch.poll_times = Some(are_enabled);
        self
    }

    /// Sets the duration from which [`poll_times`](Self::poll_times) reports a poll as too long; by default that of
    /// `TRACED_LONG_POLL`, otherwise 10 ms.
    ///
    /// ```
    /// use std::time::Duration;
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().poll_times(true).long_poll(Duration::from_millis(1));
    /// # drop(builder);
    /// ```
    pub fn long_poll(mut self, duration: Duration) -> Self {
        self.watch.long_poll = Some(duration);
        self
    }

    /// Sets whether open spans are kept for [`traced::live`](fn@crate::live); by default `TRACED_LIVE` decides, and
    /// otherwise they are not.
    ///
    /// The open spans are also printed on stderr at a panic, at most once a second, and when telemetry ends at its
    /// deadline. A span costs about as much as with a page ([`html`](Self::html)), and nothing more when it is
    /// off.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().live(true);
    /// # drop(builder);
    /// ```
    pub fn live(mut self, is_enabled: bool) -> Self {
        self.watch.live = Some(is_enabled);
        self
    }

    /// Sets how long a span without an open span above it may be open before it is reported; zero means never. By
    /// default `TRACED_LONG_OPEN` sets it; otherwise it is a minute if spans are observed anyway (trees, a page,
    /// [`live`](Self::live)), and nothing is reported if they are not. The report may come a sixteenth of that time later.
    ///
    /// The report is a warning on stderr, once for each call site, and a [`LongLived`](crate::telemetry::LongLived) in
    /// the [`Report`](crate::telemetry::Report). It names the function and suggests a correction: no backend shows a
    /// span around a loop that never ends, and everything below it is one trace. A call site is also reported if its
    /// spans start again and again below a span that has ended: at least 10 of them, over at least 10 seconds. That is
    /// a background task in the trace of the request that happened to start it.
    ///
    /// A span costs about as much as with [`live`](Self::live), and one thread sleeps. If the program has a span
    /// processor of its own, functions are not known, and the message has the span's name.
    ///
    /// ```
    /// use std::time::Duration;
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().long_open(Duration::from_secs(600));
    /// # drop(builder);
    /// ```
    pub fn long_open(mut self, duration: Duration) -> Self {
        self.watch.long_open = Some(duration);
        self
    }

    /// Counts spans that lost their context, by call site; by default `TRACED_AUDIT` decides, and otherwise they are
    /// not counted.
    ///
    /// At the end a message on stderr names each call site, as in
    /// `lost context at shop::db::load: 15 of 340 (12 started as roots, 3 after their parent had ended)`. It counts
    /// spans of the kinds internal, client and producer that
    /// * are roots although other spans of the call site have parents: the context did not arrive there. A span that
    ///   has links instead of a parent is not counted, nor is a call site whose spans are all roots;
    /// * start after their parent has ended, at a call site that has such roots.
    ///
    /// The message is a warning where spans are roots. Where all spans of a call site have parents, and some started
    /// after their parent had ended, as in a task that outlives the handler that spawned it, it is a note:
    /// `lost context at shop::mail::send: 2 of 340 (2 after their parent had ended, as spans of a spawned task may)`.
    ///
    /// A function that is called both at the start of the program and in requests has roots too; give the start a span.
    /// Spans that are not sampled are not counted. Each span takes a lock for this; it costs nothing when it is off.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().audit();
    /// # drop(builder);
    /// ```
    pub fn audit(mut self) -> Self {
        self.watch.audit = Some(true);
        self
    }

    /// Prints the open spans on stderr at each SIGUSR1 (`kill -USR1`). This turns on [`live`](Self::live).
    ///
    /// Starts a thread that runs until the end of the process. A handler of the program for this signal still runs.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().live_on_signal();
    /// # drop(builder);
    /// ```
    #[cfg(all(feature = "signals", unix))]
    pub fn live_on_signal(mut self) -> Self {
        self.watch.on_signal = true;
        self
    }
}
