//! Counts of the spans that started and ended, if metrics are enabled.

use std::array;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use opentelemetry::trace::SpanContext;

/// Where the parent of a span is: the values of `otel.span.parent.origin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParentOrigin {
    None,
    Local,
    Remote,
}

/// The decision of the sampler: the values of `otel.span.sampling_result`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SamplingResult {
    Drop,
    RecordOnly,
    RecordAndSample,
}

impl ParentOrigin {
    pub(crate) const ALL: [Self; 3] = [Self::None, Self::Local, Self::Remote];

    pub(super) fn of(parent: &SpanContext) -> Self {
        match (parent.is_valid(), parent.is_remote()) {
            (false, _) => ParentOrigin::None,
            (true, false) => ParentOrigin::Local,
            (true, true) => ParentOrigin::Remote,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            ParentOrigin::None => "none",
            ParentOrigin::Local => "local",
            ParentOrigin::Remote => "remote",
        }
    }
}

impl SamplingResult {
    pub(crate) const ALL: [Self; 3] = [Self::Drop, Self::RecordOnly, Self::RecordAndSample];

    /// The result for a span that is recorded.
    pub(super) fn of_recorded(span: &SpanContext) -> Self {
        match span.is_sampled() {
            true => SamplingResult::RecordAndSample,
            false => SamplingResult::RecordOnly,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            SamplingResult::Drop => "DROP",
            SamplingResult::RecordOnly => "RECORD_ONLY",
            SamplingResult::RecordAndSample => "RECORD_AND_SAMPLE",
        }
    }
}

/// The number of shards; if there are more threads, they share them.
const SHARDS: usize = 16;

/// The counts of some threads, aligned to two cache lines, as processors fetch lines in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard {
    started: [[AtomicU64; 3]; 3],
    ended: [AtomicU64; 3],
}

/// The counts of one provider.
#[derive(Debug)]
pub(crate) struct SpanCounts([Shard; SHARDS]);

impl Default for SpanCounts {
    fn default() -> Self {
        SpanCounts(array::from_fn(|_| Shard::default()))
    }
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The shard of this thread; `SHARDS` before its first span.
    static SHARD: Cell<usize> = const { Cell::new(SHARDS) };
}

impl SpanCounts {
    pub(super) fn started(&self, origin: ParentOrigin, result: SamplingResult) {
        self.shard().started[origin as usize][result as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn ended(&self, result: SamplingResult) {
        self.shard().ended[result as usize].fetch_add(1, Ordering::Relaxed);
    }

    fn shard(&self) -> &Shard {
        let index = SHARD.try_with(|shard| {
            if shard.get() == SHARDS {
                shard.set(NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS);
            }
            shard.get()
        });
        &self.0[index.unwrap_or(0)]
    }

    /// How many spans have started.
    pub(crate) fn all_started(&self, origin: ParentOrigin, result: SamplingResult) -> u64 {
        let shards = self.0.iter();
        shards
            .map(|shard| shard.started[origin as usize][result as usize].load(Ordering::Relaxed))
            .sum()
    }

    /// How many spans are recording now.
    pub(crate) fn live(&self, result: SamplingResult) -> u64 {
        // Ends are read first, so that no span is counted as ended but not as started.
        let ended: u64 = self
            .0
            .iter()
            .map(|shard| shard.ended[result as usize].load(Ordering::Acquire))
            .sum();
        let started: u64 = ParentOrigin::ALL
            .iter()
            .map(|origin| self.all_started(*origin, result))
            .sum();
        started.saturating_sub(ended)
    }
}
