//! How ended spans, or log records, wait for their export.

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

/// How ended spans, or log records, wait for their export. What is not set here is up to the
/// environment.
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
    /// Settings of which none is set.
    pub fn new() -> Self {
        Batch::default()
    }

    /// How many wait at most, at least 1; what ends while as many wait is dropped, and counted.
    /// 2048 unless set (`OTEL_BSP_MAX_QUEUE_SIZE`, `OTEL_BLRP_MAX_QUEUE_SIZE`). Memory is taken by
    /// what waits, not by what may wait.
    pub fn max_queue_size(mut self, size: usize) -> Self {
        self.max_queue_size = Some(size.max(1));
        self
    }

    /// How many bytes of memory those that wait may hold together, by an estimate; what ends while
    /// they hold more is dropped, and counted. Unless set, 64 MiB, or 4 KiB for each place of a
    /// queue where that is more: only spans or log records that are far larger than usual come near.
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

    /// How many are exported at once, at least 1 and at most the queue's size. 512 unless set
    /// (`OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, `OTEL_BLRP_MAX_EXPORT_BATCH_SIZE`).
    pub fn max_export_batch_size(mut self, size: usize) -> Self {
        self.max_export_batch_size = Some(size.max(1));
        self
    }

    /// How many bytes a request to a collector has at most, encoded and before compression: a batch
    /// that has more is sent in several requests. One span or log record that is larger by itself is
    /// sent alone, and the collector decides.
    ///
    /// Unless set, 4 MiB for gRPC, as its servers take no more by themselves, and 20 MiB for HTTP, as
    /// the OpenTelemetry Collector does. A collector that still finds a request too large gets it in
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

    /// How long ended spans, or log records, wait for others to be exported with, if the batch does
    /// not fill before; zero exports each at once. 5 seconds for spans and one for log records
    /// unless set (`OTEL_BSP_SCHEDULE_DELAY`, `OTEL_BLRP_SCHEDULE_DELAY`).
    pub fn schedule_delay(mut self, delay: Duration) -> Self {
        self.schedule_delay = Some(delay.min(NO_LIMIT));
        self
    }

    /// The time limit of one export; zero is no limit. 30 seconds unless set
    /// (`OTEL_BSP_EXPORT_TIMEOUT`, `OTEL_BLRP_EXPORT_TIMEOUT`).
    pub fn export_timeout(mut self, timeout: Duration) -> Self {
        self.export_timeout = Some(limit(timeout));
        self
    }

    /// These settings, completed by those of `weaker`.
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

    fn settings(self, environment: &mut Environment, of: &Variables) -> settings::BatchSettings {
        const QUEUE: usize = 2048;
        const BATCH: usize = 512;
        const TIMEOUT: Duration = Duration::from_secs(30);

        let queue = environment.count(of.queue, 1);
        let queue = self.max_queue_size.or(queue).unwrap_or(QUEUE);
        let batch = environment.count(of.batch, 1).filter(|batch| {
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

/// The bytes that a queue of this many items may hold.
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
