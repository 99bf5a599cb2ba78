//! Counts failed items by cause, for metrics.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// How many items of one exporter failed, by cause: the value of `error.type`. There are only as many causes as kinds
/// of errors and statuses.
#[derive(Default)]
pub(crate) struct Causes(Mutex<Failed>);

#[derive(Default)]
struct Failed {
    by_cause: Vec<(Cow<'static, str>, u64)>,
    /// The cause that was noted last, until it is taken.
    last: Option<Cow<'static, str>>,
}

impl Causes {
    pub(super) fn note(&self, cause: Cow<'static, str>, items: u64) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = failed
            .by_cause
            .iter_mut()
            .find(|(known, _)| *known == cause);
        match known {
            Some((_, count)) => *count += items,
            None => failed.by_cause.push((cause.clone(), items)),
        }
        failed.last = Some(cause);
    }

    /// Takes the cause that was noted last.
    pub(super) fn take_last(&self) -> Option<Cow<'static, str>> {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.last.take()
    }

    pub(crate) fn all(&self) -> Vec<(Cow<'static, str>, u64)> {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.by_cause.clone()
    }
}

impl fmt::Debug for Causes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}
