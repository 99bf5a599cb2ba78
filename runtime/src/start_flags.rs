//! What is wanted of every span, beyond the span: one byte, so that a start asks once.

use std::sync::atomic::{AtomicU8, Ordering};

/// The parent that this process was started under is that of spans which would be roots.
pub(crate) const INHERITS: u8 = 1;
/// The durations of functions are measured.
#[cfg(feature = "metrics")]
pub(crate) const MEASURES: u8 = 2;

static WANTED: AtomicU8 = AtomicU8::new(0);

/// Wants something of the spans that start from now on, or no longer.
#[cfg_attr(not(feature = "init"), allow(dead_code, reason = "`init` calls it"))]
pub(crate) fn set(flag: u8, is_wanted: bool) {
    // Release: who sees the flag also sees what was prepared for it.
    match is_wanted {
        true => WANTED.fetch_or(flag, Ordering::Release),
        false => WANTED.fetch_and(!flag, Ordering::Release),
    };
}

/// Whether anything is wanted.
#[inline(always)]
pub(crate) fn any() -> bool {
    WANTED.load(Ordering::Acquire) != 0
}

#[inline(always)]
pub(crate) fn has(flag: u8) -> bool {
    WANTED.load(Ordering::Acquire) & flag != 0
}
