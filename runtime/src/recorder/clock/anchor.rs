//! The time of a thread: a recent reading of the system's clock, plus what the counter has advanced since.
//!
//! * The time never goes back on a thread. If the system's clock was set back, the time runs an eighth slower
//!   until the system's clock has caught up, so that spans keep most of their length.
//! * If the system's clock was set forward, or went on while the machine was suspended, the time follows it
//!   at the next [`PERIOD`].
//! * A counter that is reset, as some are while the machine is suspended, ends the period.

use std::cell::Cell;
use std::time::SystemTime;

use quanta::Clock;

use super::nanoseconds;

/// How long a thread uses the counter before it reads the system's clock again, in nanoseconds. So short that a
/// calibration error of 20 millionths makes the time wrong by a fifth of a microsecond.
const PERIOD: u64 = 10_000_000;

/// A time that is ahead of the system's clock runs slower by one part in two to the power of this.
const SLOWER: u32 = 3;

/// How often reading both clocks is tried, and how many nanoseconds it may take. If the thread is suspended
/// between the two reads, they do not belong to the same moment.
const ATTEMPTS: usize = 4;
const AT_ONCE: u64 = 1_000;

/// A moment by both clocks.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    /// The value of the counter.
    counter: u64,
    /// The time, in nanoseconds since the epoch.
    time: u64,
    /// The nanoseconds by which the counter is ahead of the system's clock.
    ahead: u64,
}

/// The anchor before the first reading. No counter reaches this value.
const NONE: Anchor = Anchor {
    counter: u64::MAX,
    time: 0,
    ahead: 0,
};

thread_local! {
    // Has no destructor, so it stays accessible while the thread ends.
    static ANCHOR: Cell<Anchor> = const { Cell::new(NONE) };
}

/// The clocks that a thread reads.
trait Clocks {
    fn counter(&self) -> u64;
    /// The nanoseconds from one counter to a later one; 0 if it is not later.
    fn between(&self, start: u64, end: u64) -> u64;
    /// The system's clock, in nanoseconds since the epoch.
    fn system(&self) -> u64;
}

impl Clocks for Clock {
    #[inline(always)]
    fn counter(&self) -> u64 {
        self.raw()
    }

    #[inline(always)]
    fn between(&self, start: u64, end: u64) -> u64 {
        self.delta_as_nanos(start, end)
    }

    fn system(&self) -> u64 {
        nanoseconds(SystemTime::now())
    }
}

/// The time of this thread, in nanoseconds since the epoch.
#[inline]
pub(super) fn now(clock: &Clock) -> u64 {
    ANCHOR.with(|anchor| read(anchor, clock))
}

#[inline(always)]
fn read(anchor: &Cell<Anchor>, clocks: &impl Clocks) -> u64 {
    let known = anchor.get();
    let counter = clocks.counter();
    let elapsed = clocks.between(known.counter, counter);
    match elapsed < PERIOD && counter >= known.counter {
        true => known.after(elapsed),
        false => renew(anchor, clocks),
    }
}

impl Anchor {
    #[inline(always)]
    fn after(self, elapsed: u64) -> u64 {
        self.time + elapsed - self.ahead.min(elapsed >> SLOWER)
    }

    /// The next anchor, which continues from the time of this one.
    fn next(self, counter: u64, system: u64, clocks: &impl Clocks) -> Self {
        let is_first = self.counter == NONE.counter;
        let elapsed = match counter >= self.counter {
            true => clocks.between(self.counter, counter).min(PERIOD),
            false => PERIOD,
        };
        // No later time was returned so far.
        let latest = if is_first { 0 } else { self.after(elapsed) };
        Anchor {
            counter,
            time: system.max(latest),
            ahead: latest.saturating_sub(system),
        }
    }
}

#[cold]
#[inline(never)]
fn renew(anchor: &Cell<Anchor>, clocks: &impl Clocks) -> u64 {
    let (counter, system) = both(clocks);
    let next = anchor.get().next(counter, system, clocks);
    anchor.set(next);
    next.time
}

/// Reads both clocks as closely together as possible.
fn both(clocks: &impl Clocks) -> (u64, u64) {
    let mut best = (0, 0);
    let mut least = u64::MAX;
    for _ in 0..ATTEMPTS {
        let before = clocks.counter();
        let system = clocks.system();
        let after = clocks.counter();
        let gap = clocks.between(before, after);
        if gap < least {
            (best, least) = ((before, system), gap);
        }
        if gap <= AT_ONCE {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clocks that tests set; the counter advances by three in a nanosecond.
    #[derive(Default)]
    struct FakeClocks {
        counter: Cell<u64>,
        system: Cell<u64>,
    }

    impl Clocks for FakeClocks {
        fn counter(&self) -> u64 {
            self.counter.get()
        }

        fn between(&self, start: u64, end: u64) -> u64 {
            end.saturating_sub(start) / 3
        }

        fn system(&self) -> u64 {
            self.system.get()
        }
    }

    impl FakeClocks {
        fn new() -> (Cell<Anchor>, Self) {
            let clocks = FakeClocks::default();
            clocks.counter.set(1_000);
            clocks.system.set(START);
            (Cell::new(NONE), clocks)
        }

        /// Advances both clocks.
        fn pass(&self, nanoseconds: u64) {
            self.counter.set(self.counter.get() + 3 * nanoseconds);
            self.system.set(self.system.get() + nanoseconds);
        }

        fn set(&self, by: i64) {
            self.system.set(self.system.get().saturating_add_signed(by));
        }
    }

    const START: u64 = 1_700_000_000_000_000_000;
    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn the_time_is_the_systems_unless_that_is_set() {
        let (anchor, clocks) = FakeClocks::new();
        for _ in 0..10_000 {
            assert_eq!(read(&anchor, &clocks), clocks.system());
            clocks.pass(7_777);
        }
    }

    #[test]
    fn if_the_system_clock_is_set_back_the_time_runs_slower_until_it_catches_up() {
        let (anchor, clocks) = FakeClocks::new();
        let mut last = read(&anchor, &clocks);
        clocks.set(-SECOND);
        let mut steps = 0;
        while read(&anchor, &clocks) != clocks.system() {
            clocks.pass(1_000_000);
            let now = read(&anchor, &clocks);
            // The clock runs at least at seven eighths of its speed.
            assert!(
                now - last >= 875_000 && now - last <= 1_000_000,
                "{}",
                now - last
            );
            last = now;
            steps += 1;
            assert!(steps < 10_000, "it never catches up");
        }
        // Catching up with one second takes eight.
        assert!(steps >= 7_000, "{steps}");
    }

    #[test]
    fn a_clock_that_is_set_forward_is_followed() {
        let (anchor, clocks) = FakeClocks::new();
        read(&anchor, &clocks);
        clocks.set(3_600 * SECOND);
        clocks.pass(PERIOD);
        assert_eq!(read(&anchor, &clocks), clocks.system());
    }

    #[test]
    fn a_counter_that_starts_anew_does_not_stop_the_time() {
        let (anchor, clocks) = FakeClocks::new();
        clocks.pass(PERIOD * 100);
        let before = read(&anchor, &clocks);
        clocks.counter.set(5);
        clocks.set(SECOND);
        assert_eq!(read(&anchor, &clocks), clocks.system());
        assert!(read(&anchor, &clocks) > before);
        // Again, while the time equals the system's.
        clocks.pass(1_000);
        let before = read(&anchor, &clocks);
        clocks.counter.set(2);
        assert!(read(&anchor, &clocks) >= before);
        // And while the system's clock is set back.
        clocks.pass(1_000);
        let before = read(&anchor, &clocks);
        clocks.counter.set(1);
        clocks.set(-SECOND);
        assert!(read(&anchor, &clocks) >= before);
    }

    #[test]
    fn after_a_long_sleep_the_system_clock_is_read() {
        let (anchor, clocks) = FakeClocks::new();
        read(&anchor, &clocks);
        // The counter runs one percent too fast for a day.
        clocks
            .counter
            .set(clocks.counter() + 3 * 87_264_000_000_000);
        clocks.set(86_400 * SECOND);
        assert_eq!(read(&anchor, &clocks), clocks.system());
    }

    /// Clocks that go on by some nanoseconds while the system's is read, and count those readings.
    struct Interrupted {
        clocks: FakeClocks,
        nanoseconds: &'static [u64],
        readings: Cell<usize>,
    }

    impl Clocks for Interrupted {
        fn counter(&self) -> u64 {
            self.clocks.counter()
        }

        fn between(&self, start: u64, end: u64) -> u64 {
            self.clocks.between(start, end)
        }

        fn system(&self) -> u64 {
            let system = self.clocks.system();
            let reading = self.readings.replace(self.readings.get() + 1);
            let nanoseconds = self.nanoseconds.get(reading).copied();
            self.clocks.pass(nanoseconds.unwrap_or_default());
            system
        }
    }

    fn interrupted(nanoseconds: &'static [u64]) -> (Cell<Anchor>, Interrupted) {
        let (anchor, clocks) = FakeClocks::new();
        let clocks = Interrupted {
            clocks,
            nanoseconds,
            readings: Cell::new(0),
        };
        (anchor, clocks)
    }

    #[test]
    fn interrupted_readings_are_repeated() {
        let (anchor, clocks) = interrupted(&[1_000_000, 30]);
        assert_eq!(read(&anchor, &clocks), START + 1_000_000);
        assert_eq!(clocks.readings.get(), 2);
        let (anchor, clocks) = interrupted(&[AT_ONCE + 1, AT_ONCE]);
        assert_eq!(read(&anchor, &clocks), START + AT_ONCE + 1);
        assert_eq!(clocks.readings.get(), 2);
    }

    #[test]
    fn of_interrupted_readings_the_first_of_the_shortest_counts() {
        let (anchor, clocks) = interrupted(&[5_000, 2_000, 3_000, 2_000, 0]);
        assert_eq!(read(&anchor, &clocks), START + 5_000);
        assert_eq!(clocks.readings.get(), ATTEMPTS);
    }

    #[test]
    fn the_system_clock_is_read_once_in_a_period() {
        let (anchor, clocks) = interrupted(&[]);
        let readings = |nanoseconds| {
            clocks.clocks.pass(nanoseconds);
            read(&anchor, &clocks);
            clocks.readings.get()
        };
        assert_eq!([0, 0, PERIOD - 1].map(readings), [1; 3]);
        assert_eq!([1, PERIOD - 1, 1].map(readings), [2, 2, 3]);
    }

    #[cfg(not(miri))]
    #[test]
    fn the_counter_of_this_machine_gives_the_time() {
        super::super::calibrate();
        let clock = super::super::COUNTER.get().unwrap();
        let mut last = 0;
        let until = clock.system() + 60_000_000;
        while last < until {
            let before = clock.system();
            let now = now(clock);
            let after = clock.system();
            assert!(last <= now, "{last}, {now}");
            // On a busy machine, the thread may have been suspended anywhere in here.
            let is_near = before.saturating_sub(20_000) <= now && now <= after + 20_000;
            assert!(
                is_near || after - before > 20_000,
                "{before}, {now}, {after}"
            );
            last = now;
        }
    }
}
