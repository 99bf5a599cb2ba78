//! The instrumentation scope of a call site, and the atomic value that tells whether the call site has spans.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

#[cfg(feature = "metrics")]
use crate::start_flags;

/// Counts the providers that were installed; 0 means "never looked up". It is odd if the provider is our own and
/// not wrapped, so that call sites may use its tracers directly.
static GENERATION: AtomicU64 = AtomicU64::new(2);

/// The bit that is set if the provider is our own and not wrapped.
const OURS: u64 = 1;

/// To be called after a provider was installed; `is_ours` if it is our own and not wrapped.
pub(crate) fn next_provider(is_ours: bool) {
    next_generation(|generation| match is_ours {
        true => (generation | OURS) + 2,
        false => (generation | OURS) + 1,
    });
}

/// To be called after a provider was found that was installed without this crate: every scope looks for its tracer
/// again.
pub(crate) fn next_generation_of_same_kind() {
    next_generation(|generation| generation + 2);
}

fn next_generation(next: impl Fn(u64) -> u64) {
    // Release: a thread that sees the new generation also sees the provider behind it.
    let _ = GENERATION.fetch_update(Ordering::Release, Ordering::Relaxed, |generation| {
        Some(next(generation))
    });
}

/// The number of the provider that is installed now.
#[inline]
pub(crate) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// Whether the provider of this generation is our own, unwrapped.
pub(crate) fn is_ours(generation: u64) -> bool {
    generation & OURS == OURS
}

/// An instrumentation scope as a call site holds it: a name, a version, the index of its tracer in
/// every thread's list, and whether there are spans.
///
/// Specification: OpenTelemetry, *Instrumentation Scope*.
#[derive(Debug)]
pub(crate) struct ScopeState {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// The index of the scope plus one; 0 until the first span.
    index_plus_one: AtomicUsize,
    /// Whether calls set up their context even without a span, because it holds baggage or a remote parent. Such
    /// calls are never skipped.
    pub(crate) keeps_context: bool,
    /// Whether there are spans, as one of
    /// * 0: nobody has looked for a provider yet,
    /// * a generation: the newest in which no provider was found. It is not reset when a provider is found, as
    ///   `GENERATION` then goes on and differs from it,
    /// * a generation plus `MEASURED`: the same, and calls without a provider are measured,
    /// * `OFF` or `OFF_NOT_SKIPPED`: a filter turned the function off.
    ///
    /// Written only when it changes, so that threads do not contend for it.
    absent_in: AtomicU64,
}

/// Stored in `absent_in` when a filter turns the function off; equals no generation.
const OFF: u64 = u64::MAX;
/// Stored when a filter turns off a function that keeps its context or is measured, whose calls are not skipped;
/// equals no generation.
const OFF_NOT_SKIPPED: u64 = u64::MAX - 1;
/// Added to a generation in `absent_in`, which then equals no generation: without a provider, calls are measured
/// instead of skipped.
#[cfg(feature = "metrics")]
const MEASURED: u64 = 1 << 62;

impl ScopeState {
    /// A scope; an empty version counts as none.
    pub(crate) const fn new(name: &'static str, version: &'static str) -> Self {
        ScopeState {
            name,
            version,
            index_plus_one: AtomicUsize::new(0),
            keeps_context: false,
            absent_in: AtomicU64::new(0),
        }
    }

    /// Whether a call has nothing to do, as a span of this scope would not be recorded.
    ///
    /// Costs one load where there are spans or a filter turned them off; without a provider, another
    /// load and an addition to a thread-local counter.
    #[inline]
    pub(crate) fn is_absent(&self) -> bool {
        match self.absent_in.load(Ordering::Relaxed) {
            0 => false,
            OFF => true,
            // `OFF_NOT_SKIPPED` equals no generation.
            generation => generation == GENERATION.load(Ordering::Relaxed) && !is_time_to_look(),
        }
    }

    /// Turns the spans of the call site on or off, from its next call on.
    pub(crate) fn switch(&self, is_on: bool) {
        match is_on {
            false => self.absent_in.store(self.off(), Ordering::Relaxed),
            true => {
                for off in [OFF, OFF_NOT_SKIPPED] {
                    let _ = self.replace_absence(off, 0);
                }
            }
        }
    }

    #[inline]
    pub(crate) fn is_off(&self) -> bool {
        self.absent_in.load(Ordering::Relaxed) >= OFF_NOT_SKIPPED
    }

    fn off(&self) -> u64 {
        let is_skipped = !self.keeps_context;
        #[cfg(feature = "metrics")]
        let is_skipped = is_skipped && !start_flags::has(start_flags::MEASURES);
        match is_skipped {
            true => OFF,
            false => OFF_NOT_SKIPPED,
        }
    }

    /// Notes that no provider was found in this generation, unless a filter turned the spans off or the
    /// call site keeps its context.
    pub(crate) fn note_absence(&self, generation: u64) {
        let known = self.absent_in.load(Ordering::Relaxed);
        if known < OFF_NOT_SKIPPED && !self.keeps_context {
            #[cfg(feature = "metrics")]
            let generation = match start_flags::has(start_flags::MEASURES) {
                true => generation | MEASURED,
                false => generation,
            };
            // Fails if a filter turned the function off meanwhile.
            let _ = self.replace_absence(known, generation);
        }
    }

    /// Whether `generation` is the one in which no provider was found.
    pub(crate) fn is_absent_in(&self, generation: u64) -> bool {
        let absent_in = self.absent_in.load(Ordering::Relaxed);
        #[cfg(feature = "metrics")]
        let absent_in = absent_in & !MEASURED;
        absent_in == generation
    }

    /// Whether a call is measured but has no span, and need not look for a provider.
    #[cfg(feature = "metrics")]
    pub(crate) fn is_measured_only(&self) -> bool {
        let absent_in = self.absent_in.load(Ordering::Relaxed);
        absent_in < OFF_NOT_SKIPPED
            && absent_in == GENERATION.load(Ordering::Relaxed) | MEASURED
            && !is_time_to_look()
    }

    fn replace_absence(&self, old: u64, new: u64) -> Result<u64, u64> {
        self.absent_in
            .compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed)
    }

    /// The index of the scope; `None` until the first span.
    #[inline]
    pub(crate) fn index(&self) -> Option<usize> {
        self.index_plus_one.load(Ordering::Relaxed).checked_sub(1)
    }

    pub(crate) fn set_index(&self, index: usize) {
        self.index_plus_one.store(index + 1, Ordering::Relaxed);
    }
}

/// Without a provider, one call in this many looks for one.
const LOOKUP_INTERVAL: u32 = 1024;

thread_local! {
    /// Counts the calls without a provider, of all scopes together: when one scope finds a provider
    /// after all, every scope looks it up again.
    static IDLE_CALLS: Cell<u32> = const { Cell::new(0) };
}

#[inline]
fn is_time_to_look() -> bool {
    let is_time = IDLE_CALLS.try_with(|idle| {
        let calls = idle.get().wrapping_add(1);
        idle.set(calls);
        calls % LOOKUP_INTERVAL == 0
    });
    is_time.unwrap_or(false)
}
