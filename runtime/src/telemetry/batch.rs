//! The settings of the queues in which ended spans or log records wait for their export.

use std::time::Duration;

use super::environment::{Environment, NO_LIMIT};
use super::settings;
#[cfg(feature = "logs")]
use super::variables::{
    BLRP_EXPORT_TIMEOUT, BLRP_MAX_EXPORT_BATCH_SIZE, BLRP_MAX_QUEUE_SIZE, BLRP_SCHEDULE_DELAY,
};
use super::variables::{
    BSP_EXPORT_TIMEOUT, BSP_MAX_EXPORT_BATCH_SIZE, BSP_MAX_QUEUE_SIZE, BSP_SCHEDULE_DELAY, Variable,
};

/// The settings of the queue in which ended spans or log records wait for their export. Settings that are not made here
/// are read from the environment.
///
/// Specification: OpenTelemetry, *Tracing SDK*, "Batching processor".
///
/// ```
/// use traced::telemetry::{Batch, TelemetryBuilder};
///
/// let telemetry = TelemetryBuilder::default().span_batch(Batch::new().max_queue_size(20_000));
/// # drop(telemetry);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use = "a batch does nothing until a builder has it"]
pub struct Batch {
    max_queue_size: Option<usize>,
    max_export_batch_size: Option<usize>,
    schedule_delay: Option<Duration>,
    export_timeout: Option<Duration>,
    max_queue_bytes: Option<usize>,
    max_export_batch_bytes: Option<usize>,
}

impl Batch {
    /// No settings.
    ///
    /// ```
    /// assert_eq!(traced::telemetry::Batch::new(), traced::telemetry::Batch::default());
    /// ```
    pub fn new() -> Self {
        Batch::default()
    }

    /// Sets how many may wait, at least 1, by default 2048 (`OTEL_BSP_MAX_QUEUE_SIZE`, `OTEL_BLRP_MAX_QUEUE_SIZE`).
    /// Spans or log records that end while the queue is full are dropped and counted. Memory is allocated only for
    /// those that wait.
    ///
    /// ```
    /// use traced::telemetry::{Batch, TelemetryBuilder};
    ///
    /// let telemetry = TelemetryBuilder::default().span_batch(Batch::new().max_queue_size(20_000));
    /// # drop(telemetry);
    /// ```
    pub fn max_queue_size(mut self, size: usize) -> Self {
        self.max_queue_size = Some(size.max(1));
        self
    }

    /// Sets how many bytes of memory the waiting spans or log records may take together, by an estimate. Those that end
    /// while the queue is full are dropped and counted. The default is 64 MiB, or 4 KiB for each place of the
    /// queue if that is more, which only unusually large spans or log records reach.
    ///
    /// ```
    /// use traced::telemetry::{Batch, TelemetryBuilder};
    ///
    /// let telemetry = TelemetryBuilder::default().span_batch(Batch::new().max_queue_bytes(16 << 20));
    /// # drop(telemetry);
    /// ```
    pub fn max_queue_bytes(mut self, bytes: usize) -> Self {
        self.max_queue_bytes = Some(bytes);
        self
    }

    /// Sets how many are exported at once, at least 1 and at most the queue's size, by default 512
    /// (`OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, `OTEL_BLRP_MAX_EXPORT_BATCH_SIZE`).
    ///
    /// ```
    /// use traced::telemetry::{Batch, TelemetryBuilder};
    ///
    /// let telemetry = TelemetryBuilder::default().span_batch(Batch::new().max_export_batch_size(1024));
    /// # drop(telemetry);
    /// ```
    pub fn max_export_batch_size(mut self, size: usize) -> Self {
        self.max_export_batch_size = Some(size.max(1));
        self
    }

    /// Sets the greatest size of a request to a collector in bytes, encoded and before compression. A larger batch
    /// is sent in several requests. A single span or log record that is larger is
    /// sent alone, and the collector may reject it.
    ///
    /// The default is 4 MiB for gRPC, which is the default limit of its servers, and 20 MiB for HTTP, which is that of
    /// the OpenTelemetry Collector. If a collector rejects a request as too large, it is sent again in
    /// halves.
    ///
    /// ```
    /// use traced::telemetry::{Batch, TelemetryBuilder};
    ///
    /// let telemetry = TelemetryBuilder::default().span_batch(Batch::new().max_export_batch_bytes(1 << 20));
    /// # drop(telemetry);
    /// ```
    pub fn max_export_batch_bytes(mut self, bytes: usize) -> Self {
        self.max_export_batch_bytes = Some(bytes.max(1));
        self
    }

    /// Sets how long ended spans or log records wait for a batch to fill; zero exports each at once. By default 5
    /// seconds for spans and one second for log records (`OTEL_BSP_SCHEDULE_DELAY`, `OTEL_BLRP_SCHEDULE_DELAY`).
    ///
    /// ```
    /// use std::time::Duration;
    /// use traced::telemetry::{Batch, TelemetryBuilder};
    ///
    /// let telemetry = TelemetryBuilder::default().span_batch(Batch::new().schedule_delay(Duration::from_secs(1)));
    /// # drop(telemetry);
    /// ```
    pub fn schedule_delay(mut self, delay: Duration) -> Self {
        self.schedule_delay = Some(delay.min(NO_LIMIT));
        self
    }

    /// Sets the time limit of an export, by default 30 seconds; zero means no limit
    /// (`OTEL_BSP_EXPORT_TIMEOUT`, `OTEL_BLRP_EXPORT_TIMEOUT`). For an export to a collector,
    /// [`Otlp::timeout`](crate::telemetry::Otlp::timeout), by default 10 seconds, is a limit too: the shorter one holds,
    /// and a pause that the collector asks for does not count.
    ///
    /// ```
    /// use std::time::Duration;
    /// use traced::telemetry::{Batch, TelemetryBuilder};
    ///
    /// let telemetry = TelemetryBuilder::default().span_batch(Batch::new().export_timeout(Duration::from_secs(10)));
    /// # drop(telemetry);
    /// ```
    pub fn export_timeout(mut self, timeout: Duration) -> Self {
        self.export_timeout = Some(limit(timeout));
        self
    }

    /// These settings, and those of `weaker` where there are none.
    #[cfg(feature = "config-file")]
    pub(super) fn or(self, weaker: Batch) -> Self {
        Batch {
            max_queue_size: self.max_queue_size.or(weaker.max_queue_size),
            max_export_batch_size: self.max_export_batch_size.or(weaker.max_export_batch_size),
            schedule_delay: self.schedule_delay.or(weaker.schedule_delay),
            export_timeout: self.export_timeout.or(weaker.export_timeout),
            max_queue_bytes: self.max_queue_bytes.or(weaker.max_queue_bytes),
            max_export_batch_bytes: self
                .max_export_batch_bytes
                .or(weaker.max_export_batch_bytes),
        }
    }

    pub(super) fn of_spans(self, environment: &mut Environment) -> settings::BatchSettings {
        self.settings(environment, &SPANS)
    }

    #[cfg(feature = "logs")]
    pub(super) fn of_log_records(self, environment: &mut Environment) -> settings::BatchSettings {
        self.settings(environment, &LOG_RECORDS)
    }

    /// Each setting: the one in code, otherwise that of its variable, otherwise the default.
    fn settings(self, environment: &mut Environment, of: &Variables) -> settings::BatchSettings {
        const QUEUE: usize = 2048;
        const BATCH: usize = 512;
        const TIMEOUT: Duration = Duration::from_secs(30);

        let queue = environment.count(of.queue, 1);
        let queue = self.max_queue_size.or(queue).unwrap_or(QUEUE);
        let batch = environment.count(of.batch, 1).filter(|batch| {
            // A value that code replaces is no mistake.
            let fits = *batch <= queue || self.max_export_batch_size.is_some();
            if !fits {
                environment.reject(
                    of.batch,
                    format_args!(
                        "expected at most the size of the queue, {queue}, found `{batch}`"
                    ),
                );
            }
            fits
        });
        let batch = self.max_export_batch_size.or(batch).unwrap_or(BATCH);
        let delay = environment.duration(of.delay);
        let timeout = environment.timeout(of.timeout);
        settings::BatchSettings {
            max_queue_size: queue,
            max_export_batch_size: batch.min(queue),
            schedule_delay: self.schedule_delay.or(delay).unwrap_or(of.default_delay),
            export_timeout: self.export_timeout.or(timeout).unwrap_or(TIMEOUT),
            max_queue_bytes: self.max_queue_bytes.unwrap_or_else(|| default_bytes(queue)),
            max_export_batch_bytes: self.max_export_batch_bytes,
        }
    }
}

/// The default number of bytes that a queue of this many items may hold.
fn default_bytes(queue: usize) -> usize {
    const LEAST: usize = 64 << 20;
    const OF_EACH: usize = 4 << 10;
    queue.saturating_mul(OF_EACH).max(LEAST)
}

/// A timeout of zero means no limit.
pub(super) fn limit(timeout: Duration) -> Duration {
    if timeout.is_zero() {
        NO_LIMIT
    } else {
        timeout.min(NO_LIMIT)
    }
}

/// The variables of one signal, and the default that differs between the two.
struct Variables {
    queue: &'static Variable,
    batch: &'static Variable,
    delay: &'static Variable,
    timeout: &'static Variable,
    default_delay: Duration,
}

static SPANS: Variables = Variables {
    queue: &BSP_MAX_QUEUE_SIZE,
    batch: &BSP_MAX_EXPORT_BATCH_SIZE,
    delay: &BSP_SCHEDULE_DELAY,
    timeout: &BSP_EXPORT_TIMEOUT,
    default_delay: Duration::from_secs(5),
};

#[cfg(feature = "logs")]
static LOG_RECORDS: Variables = Variables {
    queue: &BLRP_MAX_QUEUE_SIZE,
    batch: &BLRP_MAX_EXPORT_BATCH_SIZE,
    delay: &BLRP_SCHEDULE_DELAY,
    timeout: &BLRP_EXPORT_TIMEOUT,
    default_delay: Duration::from_secs(1),
};
