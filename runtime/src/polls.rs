//! How long a future runs in polls, and how long it waits to be polled.
//!
//! Nothing here runs unless it is enabled: the start of a span loads one static value, and polls of a future that is
//! not measured load nothing.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, KeyValue};

use crate::call_site::CallSite;
use crate::function_paths::Paths;
use crate::self_log::{self, Level};

/// The measurements of polls that are enabled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Records the times as attributes of the spans, and reports polls that take at least this long.
    pub(crate) times: Option<Duration>,
    /// Keeps track of whether a future is being polled.
    pub(crate) now: bool,
}

const TIMES: u8 = 1;
const NOW: u8 = 2;

static WANTED: AtomicU8 = AtomicU8::new(0);
/// The duration from which a poll is reported, in nanoseconds.
static LONG: AtomicU64 = AtomicU64::new(u64::MAX);

/// Measures the futures whose spans start from now on.
#[cfg_attr(not(feature = "init"), allow(dead_code, reason = "`init` calls it"))]
pub(crate) fn watch(wanted: Wanted) {
    if let Some(long) = wanted.times {
        LONG.store(nanoseconds(long), Ordering::Relaxed);
    }
    let times = if wanted.times.is_some() { TIMES } else { 0 };
    let now = if wanted.now { NOW } else { 0 };
    WANTED.store(times | now, Ordering::Relaxed);
}

/// Whether a future whose span starts now is measured.
#[inline(always)]
pub(crate) fn are_watched() -> bool {
    WANTED.load(Ordering::Relaxed) != 0
}

fn is_enabled(what: u8) -> bool {
    WANTED.load(Ordering::Relaxed) & what != 0
}

/// The function to which a future belongs.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    Site(&'static CallSite),
    /// Known by the name of the type of a closure inside the function.
    Around(fn() -> &'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths = match self {
            Place::Site(site) => site.paths(),
            Place::Around(closure) => Paths::around("", closure()),
        };
        f.write_str(
            paths
                .iter()
                .next()
                .unwrap_or_default()
                .trim_start_matches(':'),
        )
    }
}

/// The polls of one future.
pub(crate) struct Polls {
    place: Place,
    /// When its span started.
    since: Instant,
    /// The sum of the durations of all polls, in nanoseconds.
    busy: AtomicU64,
    longest: AtomicU64,
    count: AtomicU64,
    is_polled: AtomicBool,
    /// Whether the span turned out to be that of a sync call.
    is_call: AtomicBool,
}

impl Polls {
    pub(crate) fn new(place: Place) -> Self {
        Polls {
            place,
            since: Instant::now(),
            busy: AtomicU64::new(0),
            longest: AtomicU64::new(0),
            count: AtomicU64::new(0),
            is_polled: AtomicBool::new(false),
            is_call: AtomicBool::new(false),
        }
    }

    /// Marks the span as that of a sync call, which is not polled.
    pub(crate) fn mark_as_call(&self) {
        self.is_call.store(true, Ordering::Relaxed);
    }

    /// Whether code of the future runs right now.
    #[cfg(feature = "init")]
    pub(crate) fn is_busy(&self) -> bool {
        self.is_call.load(Ordering::Relaxed) || self.is_polled.load(Ordering::Relaxed)
    }

    /// How many polls have ended.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Begins a poll, which [`end`](Self::end) ends.
    pub(crate) fn begin(&self) -> Running {
        self.is_polled.store(true, Ordering::Relaxed);
        Running {
            was_reported: IS_REPORTED
                .try_with(|reported| reported.replace(false))
                .unwrap_or(false),
            began: Instant::now(),
        }
    }

    /// Ends a poll, whose span is in `context`.
    pub(crate) fn end(&self, running: &Running, context: &Context) {
        let took = nanoseconds(running.began.elapsed());
        self.is_polled.store(false, Ordering::Relaxed);
        // Polls of one future do not overlap, so the values need not change together.
        self.count.fetch_add(1, Ordering::Relaxed);
        self.busy.fetch_add(took, Ordering::Relaxed);
        self.longest.fetch_max(took, Ordering::Relaxed);
        // Futures poll each other; only the innermost one is reported, as the others are slow because of it.
        let mut is_reported = IS_REPORTED.try_with(Cell::get).unwrap_or(false);
        if took >= LONG.load(Ordering::Relaxed) && is_enabled(TIMES) && !is_reported {
            is_reported = true;
            if !thread::panicking() {
                self.report_long(took, context);
            }
        }
        let _ = IS_REPORTED.try_with(|reported| reported.set(is_reported || running.was_reported));
    }

    #[cold]
    fn report_long(&self, took: u64, context: &Context) {
        let event = vec![KeyValue::new("traced.poll_ns", number(took))];
        context.span().add_event("traced.long_poll", event);
        let place = self.place;
        let took = Duration::from_nanos(took);
        self_log::once(
            Level::Warn,
            &format!("long poll of {place}"),
            format_args!(
                "a poll of `{place}` took {took:.1?}, during which its thread could run no other task; use \
                 `spawn_blocking` for work that takes so long. Each such poll is an event `traced.long_poll` of its \
                 span; this is said once for each function"
            ),
        );
    }

    /// Sets the attributes of the span before it ends.
    pub(crate) fn record(&self, context: &Context) {
        if !is_enabled(TIMES) || self.is_call.load(Ordering::Relaxed) {
            return;
        }
        let busy = self.busy.load(Ordering::Relaxed);
        let idle = nanoseconds(self.since.elapsed()).saturating_sub(busy);
        context.span().set_attributes([
            KeyValue::new("traced.busy_ns", number(busy)),
            KeyValue::new("traced.idle_ns", number(idle)),
            KeyValue::new("traced.polls", number(self.count())),
            KeyValue::new(
                "traced.longest_poll_ns",
                number(self.longest.load(Ordering::Relaxed)),
            ),
        ]);
    }
}

impl fmt::Debug for Polls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polls")
            .field("count", &self.count)
            .field("busy", &self.busy)
            .finish_non_exhaustive()
    }
}

thread_local! {
    /// Whether a long poll inside the current one was already reported.
    static IS_REPORTED: Cell<bool> = const { Cell::new(false) };
}

/// A poll that is running.
#[derive(Debug)]
pub(crate) struct Running {
    was_reported: bool,
    began: Instant,
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
