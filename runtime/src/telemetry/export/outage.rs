//! Outages of a collector, and which of them are reported.
//!
//! The start and the end of an outage are reported, so that a log says what is missing and why. A collector that fails
//! again and again would fill the log: after a few outages, only one a minute is reported, with the number of the
//! unreported ones.

use std::time::{Duration, Instant};

use super::send_error::SendErrorKind;

/// The number of outages that may be reported in a row.
const IN_A_ROW: u32 = 5;
/// The interval after which one more outage may be reported.
const INTERVAL: Duration = Duration::from_secs(60);

/// The outages of one collector that one exporter has seen.
#[derive(Debug)]
pub(super) struct Outages {
    current: Option<Outage>,
    /// The kinds of failures that were ever reported. The first failure of each kind is always reported.
    lost_by: Vec<SendErrorKind>,
    troubled_by: Vec<SendErrorKind>,
    /// The number of reports that are allowed now.
    left: u32,
    left_since: Option<Instant>,
    /// The number of outages since the last reported one.
    unreported: u64,
}

#[derive(Debug)]
struct Outage {
    since: Instant,
    lost: u64,
    /// The number of items that a full queue had dropped before this outage.
    dropped_before: u64,
    lost_by: Vec<SendErrorKind>,
    is_reported: bool,
}

/// An outage that has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) took: Duration,
    /// Items of batches that failed.
    pub(super) lost: u64,
    /// Items that the full queue dropped during the outage.
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
            unreported: 0,
        }
    }
}

impl Outages {
    /// Notes an attempt that failed and will be repeated. Returns whether to report it.
    pub(super) fn trouble(&mut self, now: Instant, kind: SendErrorKind, dropped: u64) -> bool {
        let is_new = !self.troubled_by.contains(&kind);
        if is_new {
            self.troubled_by.push(kind);
        }
        self.current(now, dropped).is_reported |= is_new;
        is_new
    }

    /// Notes that a batch is lost. Returns the number of unreported outages before, if this one is to be reported.
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
        let is_reported = self.may_report(now) || is_new;
        if is_reported {
            self.current(now, dropped).is_reported = true;
        }
        is_reported.then(|| std::mem::take(&mut self.unreported))
    }

    /// Notes that a batch arrived. Returns the outage that this ends, if it was reported.
    pub(super) fn taken(&mut self, now: Instant, dropped: u64) -> Option<Ended> {
        let outage = self.current.take()?;
        if !outage.is_reported {
            self.unreported += 1;
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
            is_reported: false,
        })
    }

    fn may_report(&mut self, now: Instant) -> bool {
        let since = *self.left_since.get_or_insert(now);
        let passed = now.saturating_duration_since(since).as_secs() / INTERVAL.as_secs();
        if passed > 0 {
            let passed = u32::try_from(passed).unwrap_or(IN_A_ROW);
            self.left = self.left.saturating_add(passed).min(IN_A_ROW);
            self.left_since = Some(now);
        }
        let may_report = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may_report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn each_outage_is_reported_once_with_its_end_and_its_counts() {
        let (start, mut outages) = (Instant::now(), Outages::default());
        assert_eq!(outages.taken(start, 0), None);
        for begin in [0, 100] {
            let reported = outages.lost(after(start, begin), SendErrorKind::Unreachable, 5, 1);
            assert_eq!(reported, Some(0));
            let more = outages.lost(after(start, begin + 1), SendErrorKind::Unreachable, 6, 2);
            assert_eq!(more, None);
            // Another kind of failure in the same outage.
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
    fn trouble_without_a_loss_has_an_end_if_it_was_reported() {
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
    fn frequent_outages_are_reported_once_a_minute() {
        let (start, mut outages) = (Instant::now(), Outages::default());
        let mut reported = Vec::new();
        for second in 0..600 {
            reported.extend(outages.lost(after(start, second), SendErrorKind::Broken, 1, 0));
            outages.taken(after(start, second), 0);
        }
        assert!((10..20).contains(&reported.len()), "{reported:?}");
        // Each report says how many outages before it were not reported.
        let unreported: u64 = reported.iter().sum();
        assert!(unreported > 500, "{reported:?}");
        // An outage of another kind is reported at once.
        assert!(
            outages
                .lost(after(start, 600), SendErrorKind::TimedOut, 1, 0)
                .is_some()
        );
    }
}
