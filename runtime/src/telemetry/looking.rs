//! Settings in code for looking at a program without a collector: files, poll times, open spans.

use std::time::Duration;

use super::builder::{ExporterConfig, TelemetryBuilder};
use super::otlp_file::OtlpFile;

impl TelemetryBuilder {
    /// Appends spans to a file, as lines of OTLP JSON. Unless set, `TRACED_FILE` says whether there is one, and where.
    ///
    /// Each line is a batch of spans: what a collector would be sent over HTTP. The page of
    /// [`html`](Self::html) opens such files, and so do the Collector and others that read OTLP JSON. With the feature
    /// `logs`, log records go to a file beside it, `spans.logs.jsonl` of `spans.jsonl`, as a file has one kind of
    /// telemetry. Exporters are still up to the builder or the environment.
    ///
    /// The file has whole lines, also where several processes append to it: each line is one write, under a lock of the
    /// file (`flock`). A disk that is full takes nothing of a line, and what a process that was killed left of one is
    /// removed by the next write. What cannot be written has failed in the [`Report`](crate::telemetry::Report),
    /// and a message says why. [`OtlpFile`] says how the file is rotated. On systems other than Unix
    /// there is no such lock, and one process should have the file.
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

    /// Writes spans to standard output, as lines of OTLP JSON: what `OTEL_TRACES_EXPORTER=otlp/stdout` does. It counts
    /// among the exporters: see [`otlp`](Self::otlp).
    ///
    /// If standard output is a pipe, a line has no more than the system writes to a pipe at once (4096 bytes on Linux)
    /// unless a single span has more: so a reader that is slow, or a process that ends, never tears one.
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

    /// Whether spans of futures say how their time went; what `TRACED_POLL_TIMES` says unless set, and by default not.
    ///
    /// Each has, in nanoseconds where that is in the name, the attributes `traced.busy_ns` (it was polled),
    /// `traced.idle_ns` (it waited to be polled), `traced.polls` (how often) and `traced.longest_poll_ns`; so have spans
    /// of streams. A poll that took [`long_poll`](Self::long_poll) keeps a thread of the runtime from all other tasks: it
    /// is an event `traced.long_poll` with its duration, `traced.poll_ns`, in the innermost span that took so long,
    /// and a warning on stderr, once for each function. Futures whose span started before are not watched.
    ///
    /// It costs two looks at the clock for each poll, and nothing when it is off.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().poll_times(true);
    /// # drop(builder);
    /// ```
    pub fn poll_times(mut self, are_wanted: bool) -> Self {
        self.watch.poll_times = Some(are_wanted);
        self
    }

    /// How long a poll takes that is too long, for [`poll_times`](Self::poll_times); what `TRACED_LONG_POLL` says unless
    /// set, and by default 10 ms.
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

    /// Whether open spans are kept for [`traced::live`](fn@crate::live); what `TRACED_LIVE` says unless set, and by default
    /// not.
    ///
    /// What was open is also said on stderr at a panic, at most once a second, and where telemetry ends at its
    /// deadline. A span costs about as much as with a page ([`html`](Self::html)), and nothing more when it is
    /// off.
    pub fn live(mut self, is_wanted: bool) -> Self {
        self.watch.live = Some(is_wanted);
        self
    }

    /// How long a span is open, with none open above it, before a message says so; zero is never. What
    /// `TRACED_LONG_OPEN` says unless set; else a minute, if spans are observed anyway (trees, a page,
    /// [`live`](Self::live)), and nothing is said if they are not.
    ///
    /// The message is a warning on stderr, once for each call site, and a [`LongLived`](crate::telemetry::LongLived) of
    /// the [`Report`](crate::telemetry::Report). It names the function and says what to write: a span around a loop that
    /// never ends is shown by no backend, and holds everything below it in one trace. So it is with a call site whose
    /// spans start again and again below a span that has ended: at least 10 of them, over at least 10 seconds. It is a
    /// background task that belongs to whichever request started it.
    ///
    /// A span costs about as much as with [`live`](Self::live), and one thread sleeps. With a span processor of the program's
    /// own, functions are not known, and the message has the span's name.
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

    /// Whether spans that lost their context are counted by call site; what `TRACED_AUDIT` says unless set, and by
    /// default not.
    ///
    /// A message on stderr says each call site at the end, as in
    /// `lost context at shop::db::load: 15 of 340 (12 started as roots, 3 after their parent had ended)`. Counted are spans
    /// of the kinds internal, client and producer
    /// * that are roots, while others of the call site have parents: the context did not arrive there. A span that has
    ///   links instead of a parent is not counted, nor is a call site whose spans are all roots;
    /// * that start after their parent has ended: the work kept the context of a request that is over.
    ///
    /// A function that is called at the start of the program and in requests has roots too; give the start a span.
    /// Spans that are not sampled are not counted. Each span takes a lock for it, and nothing when it is off.
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

    /// Prints the open spans on stderr whenever SIGUSR1 comes (`kill -USR1`), and keeps them for that: see
    /// [`live`](Self::live).
    ///
    /// Starts a thread, to the end of the process. A handler that the program has for this signal still runs.
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
