//! What a process can be asked while it runs: how its futures spend their time, and which spans are open.

use std::time::{Duration, Instant};

use super::builder::TelemetryBuilder;
use super::environment::Environment;
use super::variables::{LIVE, LONG_POLL, POLL_TIMES};
use crate::fork::ForkMutex;
use crate::live;
use crate::polls::{self, Wanted};
use crate::self_log::{self, Level};

/// As code sets it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Watch {
    poll_times: Option<bool>,
    long_poll: Option<Duration>,
    live: Option<bool>,
    #[cfg(all(feature = "signals", unix))]
    on_signal: bool,
}

/// With no question open.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct WatchSettings {
    wanted: Wanted,
    #[cfg(all(feature = "signals", unix))]
    on_signal: bool,
}

impl TelemetryBuilder {
    /// Whether spans of futures say how their time went; what `TRACED_POLL_TIMES` says unless set, and by default not.
    ///
    /// Each has, in nanoseconds where that is in the name, the attributes `traced.busy_ns` (it was polled),
    /// `traced.idle_ns` (it waited to be polled), `traced.polls` (how often) and `traced.longest_poll_ns`; so have spans
    /// of streams. A poll that took [`long_poll`](Self::long_poll) keeps a thread of the runtime from all other tasks: it
    /// is an event `traced.long_poll` with its duration, `traced.poll_ns`, in the innermost span that took so long,
    /// and a warning on stderr, once for each function. Futures whose span started before are not watched.
    ///
    /// It costs two looks at the clock for each poll, and nothing when it is off.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().poll_times(true);
    /// # drop(builder);
    /// ```
    pub fn poll_times(mut self, are_wanted: bool) -> Self {
        self.watch.poll_times = Some(are_wanted);
        self
    }

    /// How long a poll takes that is too long, for [`poll_times`](Self::poll_times); what `TRACED_LONG_POLL` says unless
    /// set, and by default 10 ms.
    ///
    /// ```
    /// use std::time::Duration;
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().poll_times(true).long_poll(Duration::from_millis(1));
    /// # drop(builder);
    /// ```
    pub fn long_poll(mut self, duration: Duration) -> Self {
        self.watch.long_poll = Some(duration);
        self
    }

    /// Whether open spans are kept for [`traced::live`](fn@crate::live); what `TRACED_LIVE` says unless set, and by default
    /// not.
    ///
    /// What was open is also said on stderr at a panic, at most once a second, and where telemetry ends at its
    /// deadline. A span costs about as much as with a page ([`html`](Self::html)), and nothing more when it is
    /// off.
    pub fn live(mut self, is_wanted: bool) -> Self {
        self.watch.live = Some(is_wanted);
        self
    }

    /// Prints the open spans on stderr whenever SIGUSR1 comes (`kill -USR1`), and keeps them for that: see
    /// [`live`](Self::live).
    ///
    /// Starts a thread, to the end of the process. A handler that the program has for this signal still runs.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().live_on_signal();
    /// # drop(builder);
    /// ```
    #[cfg(all(feature = "signals", unix))]
    pub fn live_on_signal(mut self) -> Self {
        self.watch.on_signal = true;
        self
    }
}

impl Watch {
    pub(super) fn settings(self, environment: &mut Environment) -> WatchSettings {
        const LONG: Duration = Duration::from_millis(10);

        let times = environment.boolean(&POLL_TIMES);
        let long = environment.duration(&LONG_POLL);
        let live = environment.boolean(&LIVE);
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

    /// Whether they are printed on a signal.
    #[cfg(all(feature = "signals", unix))]
    pub(super) fn is_on_signal(self) -> bool {
        self.on_signal
    }

    /// Watches spans that start from now on.
    pub(super) fn install(self) {
        polls::watch(self.wanted);
        if self.is_live() {
            static WATCHED: std::sync::Once = std::sync::Once::new();
            WATCHED.call_once(|| crate::panic::watch(|_, _| panicked()));
        }
    }
}

/// Watches nothing any more, and lets go of what is open.
pub(super) fn end() {
    polls::watch(Wanted::default());
    live::forget();
}

/// Says what is open at the end of telemetry, which came before the end of all that waits.
pub(super) fn tell_open(deadline: Duration) {
    let open = live::live();
    if !open.spans().is_empty() {
        self_log::say(
            Level::Warn,
            format_args!("telemetry ended at its deadline of {deadline:?}; {open}"),
        );
    }
}

/// A program may survive many panics.
const BETWEEN_PANICS: Duration = Duration::from_secs(1);

fn panicked() {
    static LAST: ForkMutex<Option<Instant>> = ForkMutex::new(None);

    let open = live::live();
    if open.spans().is_empty() {
        return;
    }
    let now = Instant::now();
    let last = LAST.lock().and_then(|mut last| last.replace(now));
    if last.is_none_or(|last| now.duration_since(last) >= BETWEEN_PANICS) {
        self_log::say(Level::Warn, format_args!("there was a panic; {open}"));
    }
}
