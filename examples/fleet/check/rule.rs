//! What the deciders were told, once more: which traces they have to keep.

use crate::spans::Trace;

/// The policies of `config/decider.yaml`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) slow_ms: u64,
    pub(crate) baseline_percent: f64,
}

/// Why a trace is kept: the first reason there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Error,
    Slow,
    Baseline,
}

impl Rule {
    /// Nothing for a trace that is to be dropped. Every policy is monotone: what wants a part of a
    /// trace wants the whole.
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

    /// The Collector's hash of a trace id: FNV-1a in 64 bits, after the salt that it has by default.
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
