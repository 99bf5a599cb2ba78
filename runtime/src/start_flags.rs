//! Optional work at the start of every span, as flags in one byte, so that a start loads one value.

use std::sync::atomic::{AtomicU8, Ordering};

/// Spans that would be roots adopt the parent in the environment of this process.
pub(crate) const INHERITS: u8 = 1;
/// The durations of functions are measured.
#[cfg(feature = "metrics")]
pub(crate) const MEASURES: u8 = 2;

static FLAGS: AtomicU8 = AtomicU8::new(0);

/// Sets or clears a flag, for the spans that start from now on.
#[cfg_attr(not(feature = "init"), allow(dead_code, reason = "`init` calls it"))]
pub(crate) fn set(flag: u8, is_set: bool) {
    // Release: a thread that sees the flag also sees what was prepared for it.
    match is_set {
        true => FLAGS.fetch_or(flag, Ordering::Release),
        false => FLAGS.fetch_and(!flag, Ordering::Release),
    };
}

/// Whether any flag is set.
#[inline(always)]
pub(crate) fn any() -> bool {
    FLAGS.load(Ordering::Acquire) != 0
}

#[inline(always)]
pub(crate) fn has(flag: u8) -> bool {
    FLAGS.load(Ordering::Acquire) & flag != 0
}
