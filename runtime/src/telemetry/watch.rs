//! Settings for observing the running process: poll times, open spans and lost contexts.

use std::time::{Duration, Instant};

use super::environment::Environment;
use super::variables::{AUDIT, LIVE, LONG_OPEN, LONG_POLL, POLL_TIMES};
use crate::fork::ForkMutex;
use crate::lost_context::Finding;
use crate::polls::{self, Wanted};
use crate::self_log::{self, Level};
use crate::{live, lost_context};

/// The settings as code sets them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Watch {
    pub(super) poll_times: Option<bool>,
    pub(super) long_poll: Option<Duration>,
    pub(super) live: Option<bool>,
    pub(super) long_open: Option<Duration>,
    pub(super) audit: Option<bool>,
    #[cfg(all(feature = "signals", unix))]
    pub(super) on_signal: bool,
}

/// The settings, resolved from code and environment.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct WatchSettings {
    wanted: Wanted,
    /// The threshold, if code or a variable sets it.
    long_open: Option<Duration>,
    is_audited: bool,
    #[cfg(all(feature = "signals", unix))]
    on_signal: bool,
}

impl Watch {
    pub(super) fn settings(self, environment: &mut Environment) -> WatchSettings {
        const LONG: Duration = Duration::from_millis(10);

        let times = environment.boolean(&POLL_TIMES);
        let long = environment.duration(&LONG_POLL);
        let live = environment.boolean(&LIVE);
        let open = environment.duration(&LONG_OPEN);
        let audit = environment.boolean(&AUDIT);
        #[cfg(all(feature = "signals", unix))]
        let live = Some(self.on_signal).filter(|on| *on).or(self.live).or(live);
        #[cfg(not(all(feature = "signals", unix)))]
        let live = self.live.or(live);
        let has_times = self.poll_times.or(times).unwrap_or(false);
        let long = self.long_poll.or(long).unwrap_or(LONG);
        WatchSettings {
            wanted: Wanted {
                times: has_times.then_some(long),
                now: live.unwrap_or(false),
            },
            long_open: self.long_open.or(open),
            is_audited: self.audit.or(audit).unwrap_or(false),
            #[cfg(all(feature = "signals", unix))]
            on_signal: self.on_signal,
        }
    }
}

impl WatchSettings {
    /// Whether open spans are kept.
    pub(super) fn is_live(self) -> bool {
        self.wanted.now
    }

    /// The time after which an open span is reported; `None` turns the report off. If it is not
    /// set, there are reports only if spans are observed anyway.
    pub(super) fn long_open(self, are_observed: bool) -> Option<Duration> {
        const LONG: Duration = Duration::from_secs(60);

        let unless_set = are_observed.then_some(LONG);
        let long = self.long_open.or(unless_set);
        long.filter(|long| !long.is_zero())
    }

    /// Whether lost contexts are counted.
    pub(super) fn is_audited(self) -> bool {
        self.is_audited
    }

    /// Whether open spans are printed on a signal.
    #[cfg(all(feature = "signals", unix))]
    pub(super) fn is_on_signal(self) -> bool {
        self.on_signal
    }

    /// Watches spans that start from now on.
    pub(super) fn install(self) {
        polls::watch(self.wanted);
        if self.is_audited {
            lost_context::count();
        }
        if self.is_live() {
            live::keep();
            static WATCHED: std::sync::Once = std::sync::Once::new();
            WATCHED.call_once(|| crate::panic::watch(|_, _| panicked()));
        }
    }
}

/// Ends the timing of polls, and forgets the open spans.
pub(super) fn end() {
    polls::watch(Wanted::default());
    live::forget();
}

/// The largest number of call sites that are named, of each kind.
const MOST_SITES: usize = 32;

/// Reports the call sites whose spans lost their context, or started after their parent had ended, if they were counted.
pub(super) fn report_lost() {
    let Some(found) = lost_context::take() else {
        return;
    };
    let (lost, late): (Vec<_>, Vec<_>) = found.into_iter().partition(Finding::is_lost);
    report_sites(Level::Warn, &lost);
    report_sites(Level::Info, &late);
}

fn report_sites(level: Level, found: &[Finding]) {
    for each in found.iter().take(MOST_SITES) {
        self_log::say(level, format_args!("{each}"));
    }
    if let more @ 1.. = found.len().saturating_sub(MOST_SITES) {
        self_log::say(
            level,
            format_args!("lost context at {more} more call sites"),
        );
    }
}

/// Reports the spans that are open when the shutdown has reached its deadline.
pub(super) fn report_open(deadline: Duration) {
    let open = live::live();
    if !open.spans().is_empty() {
        self_log::say(
            Level::Warn,
            format_args!("telemetry ended at its deadline of {deadline:?}; {open}"),
        );
    }
}

/// The shortest time between two reports of open spans at panics, as a program may survive many panics.
const BETWEEN_PANICS: Duration = Duration::from_secs(1);

fn panicked() {
    static LAST: ForkMutex<Option<Instant>> = ForkMutex::new(None);

    let open = live::live();
    if open.spans().is_empty() {
        return;
    }
    let is_due = LAST
        .lock()
        .is_some_and(|mut last| is_due(&mut last, Instant::now()));
    if is_due {
        self_log::say(Level::Warn, format_args!("there was a panic; {open}"));
    }
}

/// Whether open spans are reported at a panic now; `last` is the time of the last report.
fn is_due(last: &mut Option<Instant>, now: Instant) -> bool {
    let is_soon = last.is_some_and(|last| now.duration_since(last) < BETWEEN_PANICS);
    if !is_soon {
        *last = Some(now);
    }
    !is_soon
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_panics_all_the_time_reports_its_open_spans_once_a_second() {
        let start = Instant::now();
        let mut last = None;
        let half_seconds = (0..6_u32).map(|halves| start + halves * BETWEEN_PANICS / 2);
        let reported: Vec<bool> = half_seconds.map(|now| is_due(&mut last, now)).collect();
        assert_eq!(reported, [true, false, true, false, true, false]);
    }
}
