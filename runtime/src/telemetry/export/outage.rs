//! Outages of a collector, and which of them are reported.
//!
//! Each outage is reported with its end, so that a log says what is missing and why. A collector that comes and
//! goes all the time would fill the log: after a few outages, one a minute is reported, with the number of the
//! outages that were not.

use std::time::{Duration, Instant};

use super::send_error::SendErrorKind;

/// The number of outages that are reported in a row ...
const IN_A_ROW: u32 = 5;
/// ... and then one in each of these.
const INTERVAL: Duration = Duration::from_secs(60);

/// The outages of one collector, as one exporter meets them.
#[derive(Debug)]
pub(super) struct Outages {
    current: Option<Outage>,
    /// The kinds of failures that were ever told: another kind is always told.
    lost_by: Vec<SendErrorKind>,
    troubled_by: Vec<SendErrorKind>,
    /// How many messages may follow each other.
    left: u32,
    left_since: Option<Instant>,
    /// The number of outages since the last reported one.
    untold: u64,
}

#[derive(Debug)]
struct Outage {
    since: Instant,
    lost: u64,
    /// How many items a full queue had dropped before.
    dropped_before: u64,
    lost_by: Vec<SendErrorKind>,
    is_told: bool,
}

/// An outage that has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) took: Duration,
    /// Items of batches that failed.
    pub(super) lost: u64,
    /// Items for which the queue had no place meanwhile.
    pub(super) dropped: u64,
}

impl Default for Outages {
    fn default() -> Self {
        Outages {
            current: None,
            lost_by: Vec::new(),
            troubled_by: Vec::new(),
            left: IN_A_ROW,
            left_since: None,
            untold: 0,
        }
    }
}

impl Outages {
    /// An attempt failed that will be repeated. Whether to tell it.
    pub(super) fn trouble(&mut self, now: Instant, kind: SendErrorKind, dropped: u64) -> bool {
        let is_new = !self.troubled_by.contains(&kind);
        if is_new {
            self.troubled_by.push(kind);
        }
        self.current(now, dropped).is_told |= is_new;
        is_new
    }

    /// A batch is lost. `Some` if that is to be told: with how many outages were not.
    pub(super) fn lost(
        &mut self,
        now: Instant,
        kind: SendErrorKind,
        count: u64,
        dropped: u64,
    ) -> Option<u64> {
        let outage = self.current(now, dropped);
        outage.lost += count;
        if outage.lost_by.contains(&kind) {
            return None;
        }
        outage.lost_by.push(kind);
        let is_new = !self.lost_by.contains(&kind);
        if is_new {
            self.lost_by.push(kind);
        }
        let is_told = self.may_tell(now) || is_new;
        if is_told {
            self.current(now, dropped).is_told = true;
        }
        is_told.then(|| std::mem::take(&mut self.untold))
    }

    /// A batch arrived. `Some` if that ends an outage that was told.
    pub(super) fn taken(&mut self, now: Instant, dropped: u64) -> Option<Ended> {
        let outage = self.current.take()?;
        if !outage.is_told {
            self.untold += 1;
            return None;
        }
        Some(Ended {
            took: now.saturating_duration_since(outage.since),
            lost: outage.lost,
            dropped: dropped.saturating_sub(outage.dropped_before),
        })
    }

    fn current(&mut self, now: Instant, dropped: u64) -> &mut Outage {
        self.current.get_or_insert_with(|| Outage {
            since: now,
            lost: 0,
            dropped_before: dropped,
            lost_by: Vec::new(),
            is_told: false,
        })
    }

    fn may_tell(&mut self, now: Instant) -> bool {
        let since = *self.left_since.get_or_insert(now);
        let passed = now.saturating_duration_since(since).as_secs() / INTERVAL.as_secs();
        if passed > 0 {
            let passed = u32::try_from(passed).unwrap_or(IN_A_ROW);
            self.left = self.left.saturating_add(passed).min(IN_A_ROW);
            self.left_since = Some(now);
        }
        let may_tell = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may_tell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn each_outage_is_told_once_with_its_end_and_its_counts() {
        let (start, mut outages) = (Instant::now(), Outages::default());
        assert_eq!(outages.taken(start, 0), None);
        for begin in [0, 100] {
            let told = outages.lost(after(start, begin), SendErrorKind::Unreachable, 5, 1);
            assert_eq!(told, Some(0));
            let more = outages.lost(after(start, begin + 1), SendErrorKind::Unreachable, 6, 2);
            assert_eq!(more, None);
            // The collector answers that it is busy: another kind of failure in the same outage.
            assert_eq!(
                outages.lost(after(start, begin + 2), SendErrorKind::TimedOut, 7, 3),
                Some(0)
            );
            let ended = Ended {
                took: Duration::from_secs(9),
                lost: 18,
                dropped: 3,
            };
            assert_eq!(outages.taken(after(start, begin + 9), 4), Some(ended));
            assert_eq!(outages.taken(after(start, begin + 10), 9), None);
        }
    }

    #[test]
    fn trouble_without_a_loss_has_an_end_if_it_was_told() {
        let (start, mut outages) = (Instant::now(), Outages::default());
        assert!(outages.trouble(start, SendErrorKind::Grpc(14), 0));
        assert!(!outages.trouble(after(start, 1), SendErrorKind::Grpc(14), 0));
        let ended = Ended {
            took: Duration::from_secs(2),
            lost: 0,
            dropped: 0,
        };
        assert_eq!(outages.taken(after(start, 2), 0), Some(ended));
        assert!(!outages.trouble(after(start, 3), SendErrorKind::Grpc(14), 0));
        assert_eq!(outages.taken(after(start, 4), 0), None);
    }

    #[test]
    fn a_collector_that_comes_and_goes_is_told_of_once_a_minute() {
        let (start, mut outages) = (Instant::now(), Outages::default());
        let mut told = Vec::new();
        for second in 0..600 {
            told.extend(outages.lost(after(start, second), SendErrorKind::Broken, 1, 0));
            outages.taken(after(start, second), 0);
        }
        assert!((10..20).contains(&told.len()), "{told:?}");
        // Each report says how many outages before it were not reported.
        let untold: u64 = told.iter().sum();
        assert!(untold > 500, "{told:?}");
        // An outage of another kind is reported at once.
        assert!(
            outages
                .lost(after(start, 600), SendErrorKind::TimedOut, 1, 0)
                .is_some()
        );
    }
}
