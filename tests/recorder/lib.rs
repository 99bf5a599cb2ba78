//! Shared by the tests of the recorder: an exporter that counts spans and can be held.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::Value;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use traced::telemetry::{Report, TelemetryBuilder};

/// The time after which a test gives up, longer than any step takes on any machine.
pub const PATIENCE: Duration = Duration::from_secs(100);

/// A builder of telemetry without a collector.
pub fn builder() -> TelemetryBuilder {
    TelemetryBuilder::default()
        .service_name("recorder")
        .shutdown_deadline(PATIENCE)
}

/// An exporter that counts spans. While it is held, it keeps the batch that it got.
#[derive(Debug, Clone, Default)]
pub struct Counting(Arc<State>);

#[derive(Debug, Default)]
struct State {
    spans: AtomicU64,
    batches: AtomicU64,
    /// The length of the longest attribute value, in bytes.
    longest: AtomicU64,
    is_held: Mutex<bool>,
    is_let_go: Condvar,
    names: Mutex<Vec<String>>,
}

impl Counting {
    /// An exporter that is held from its first batch on.
    pub fn held() -> Self {
        let counting = Self::default();
        *lock(&counting.0.is_held) = true;
        counting
    }

    /// Releases the exporter.
    pub fn let_go(&self) {
        *lock(&self.0.is_held) = false;
        self.0.is_let_go.notify_all();
    }

    /// The number of spans so far.
    pub fn spans(&self) -> u64 {
        self.0.spans.load(Ordering::SeqCst)
    }

    /// The length of the longest attribute value, in bytes.
    pub fn longest(&self) -> u64 {
        self.0.longest.load(Ordering::SeqCst)
    }

    /// The names of the spans, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names = lock(&self.0.names).clone();
        names.sort();
        names
    }

    /// Waits until the exporter holds a batch.
    pub fn wait_for_batch(&self) {
        let start = Instant::now();
        while self.0.batches.load(Ordering::SeqCst) == 0 {
            assert!(start.elapsed() < PATIENCE, "no batch comes");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl SpanExporter for Counting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let State {
            spans,
            batches,
            longest,
            is_held,
            is_let_go,
            names,
        } = &*self.0;
        batches.fetch_add(1, Ordering::SeqCst);
        let mut held = lock(is_held);
        while *held {
            held = is_let_go.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        drop(held);
        spans.fetch_add(batch.len() as u64, Ordering::SeqCst);
        let attributes = batch.iter().flat_map(|span| &span.attributes);
        for attribute in attributes {
            if let Value::String(text) = &attribute.value {
                longest.fetch_max(text.as_str().len() as u64, Ordering::SeqCst);
            }
        }
        let mut names = lock(names);
        // The names of the first spans only: no test looks at a million names.
        if names.len() < 1_000 {
            names.extend(batch.iter().map(|span| span.name.to_string()));
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asserts that each of `ended` spans is counted once in the report, and that the exporter got
/// those reported as exported.
#[track_caller]
pub fn assert_exact(report: &Report, ended: u64, exporter: &Counting) {
    let fates = report.exported + report.dropped + report.failed;
    assert_eq!((report.ended, fates), (ended, ended), "{report}");
    assert_eq!(report.exported, exporter.spans(), "{report}");
}

/// The resident memory of the process in KiB; `None` where the system does not tell.
pub fn resident_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
