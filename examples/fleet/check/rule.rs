//! The deciders' policies once more: which traces they must keep.

use crate::spans::Trace;

/// The policies of `config/decider.yaml`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) slow_ms: u64,
    pub(crate) baseline_percent: f64,
}

/// The first policy that keeps a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Error,
    Slow,
    Baseline,
}

impl Rule {
    /// The reason to keep the trace, or `None` if it must be dropped. A policy that keeps a part of
    /// a trace would keep the whole, so the order of arrival does not matter.
    pub(crate) fn reason(&self, id: &str, trace: &Trace) -> Option<Reason> {
        if trace.values().any(|span| span.is_error) {
            return Some(Reason::Error);
        }
        let begin = trace.values().map(|span| span.start).min()?;
        let end = trace.values().map(|span| span.end).max()?;
        if end.saturating_sub(begin) / 1_000_000 > self.slow_ms {
            return Some(Reason::Slow);
        }
        self.is_in_the_baseline(id).then_some(Reason::Baseline)
    }

    /// Whether the Collector's hash of the trace id, 64-bit FNV-1a after its default salt, is below
    /// the percentage.
    fn is_in_the_baseline(&self, id: &str) -> bool {
        let bytes = (0..id.len()).step_by(2).filter_map(|at| {
            let digits = id.get(at..at + 2)?;
            u8::from_str_radix(digits, 16).ok()
        });
        let salted = b"default-hash-seed".iter().copied().chain(bytes);
        let hash = salted.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        hash as f64 / u64::MAX as f64 <= self.baseline_percent / 100.0
    }
}
