//! The time of a thread: what the system's clock said a moment ago, and the counter since then.
//!
//! * It never goes back on a thread. A system clock that was set back is met by running an eighth slower
//!   until it has caught up, so that spans keep most of their length.
//! * It follows a system clock that was set forward, and one that went on while the machine was suspended,
//!   at the next [`PERIOD`].
//! * A counter that starts anew, as some do in a suspended machine, ends the period.

use std::cell::Cell;
use std::time::SystemTime;

use quanta::Clock;

use super::nanoseconds;

/// How long a thread counts before it reads the system's clock again, in nanoseconds: so short that a
/// counter which was measured wrong by 20 millionths is a fifth of a microsecond off.
const PERIOD: u64 = 10_000_000;

/// How much slower the time runs that is ahead of the system's clock: by one part in two to the power of
/// this.
const SLOWER: u32 = 3;

/// How often a reading of both clocks is tried, and how many nanoseconds it may take: a thread that is
/// suspended between the two reads has paired what does not belong together.
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

/// Before the first reading: no counter is as late.
const NONE: Anchor = Anchor {
    counter: u64::MAX,
    time: 0,
    ahead: 0,
};

thread_local! {
    // Without a destructor, so that it is there to the very end of the thread.
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

    /// The next one, which takes over where this one stands.
    fn next(self, counter: u64, system: u64, clocks: &impl Clocks) -> Self {
        let is_first = self.counter == NONE.counter;
        let elapsed = match counter >= self.counter {
            true => clocks.between(self.counter, counter).min(PERIOD),
            false => PERIOD,
        };
        // No later time was given out.
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

    /// Clocks that show what they are told to, a counter of three a nanosecond.
    #[derive(Default)]
    struct Told {
        counter: Cell<u64>,
        system: Cell<u64>,
    }

    impl Clocks for Told {
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

    impl Told {
        fn new() -> (Cell<Anchor>, Self) {
            let told = Told::default();
            told.counter.set(1_000);
            told.system.set(START);
            (Cell::new(NONE), told)
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
    fn it_is_the_time_of_the_system_as_long_as_nobody_sets_it() {
        let (anchor, told) = Told::new();
        for _ in 0..10_000 {
            assert_eq!(read(&anchor, &told), told.system());
            told.pass(7_777);
        }
    }

    #[test]
    fn a_clock_that_is_set_back_takes_no_thread_back_and_is_caught_up_with() {
        let (anchor, told) = Told::new();
        let mut last = read(&anchor, &told);
        told.set(-SECOND);
        let mut steps = 0;
        while read(&anchor, &told) != told.system() {
            told.pass(1_000_000);
            let now = read(&anchor, &told);
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
        // Eight seconds for one.
        assert!(steps >= 7_000, "{steps}");
    }

    #[test]
    fn a_clock_that_is_set_forward_is_followed() {
        let (anchor, told) = Told::new();
        read(&anchor, &told);
        told.set(3_600 * SECOND);
        told.pass(PERIOD);
        assert_eq!(read(&anchor, &told), told.system());
    }

    #[test]
    fn a_counter_that_starts_anew_does_not_stop_the_time() {
        let (anchor, told) = Told::new();
        told.pass(PERIOD * 100);
        let before = read(&anchor, &told);
        told.counter.set(5);
        told.set(SECOND);
        assert_eq!(read(&anchor, &told), told.system());
        assert!(read(&anchor, &told) > before);
        // The clock is at the system's time again.
        told.pass(1_000);
        let before = read(&anchor, &told);
        told.counter.set(2);
        assert!(read(&anchor, &told) >= before);
    }

    #[test]
    fn a_thread_that_slept_does_not_count_on_the_counter() {
        let (anchor, told) = Told::new();
        read(&anchor, &told);
        // The counter runs one percent too fast for a day.
        told.counter.set(told.counter() + 3 * 87_264_000_000_000);
        told.set(86_400 * SECOND);
        assert_eq!(read(&anchor, &told), told.system());
    }

    #[test]
    fn readings_that_were_interrupted_are_not_taken() {
        /// The first reading of both takes a millisecond.
        struct Interrupted(Told, Cell<u32>);
        impl Clocks for Interrupted {
            fn counter(&self) -> u64 {
                self.0.counter()
            }
            fn between(&self, start: u64, end: u64) -> u64 {
                self.0.between(start, end)
            }
            fn system(&self) -> u64 {
                let system = self.0.system();
                let reads = self.1.replace(self.1.get() + 1);
                self.0.pass(if reads == 0 { 1_000_000 } else { 30 });
                system
            }
        }
        let (anchor, told) = Told::new();
        let clocks = Interrupted(told, Cell::new(0));
        assert_eq!(read(&anchor, &clocks), START + 1_000_000);
        assert_eq!(clocks.1.get(), 2);
    }

    #[cfg(not(miri))]
    #[test]
    fn the_counter_of_this_machine_tells_the_time() {
        super::super::calibrate();
        let clock = super::super::COUNTER.get().unwrap();
        let mut last = 0;
        let until = clock.system() + 60_000_000;
        while last < until {
            let before = clock.system();
            let now = now(clock);
            let after = clock.system();
            assert!(last <= now, "{last}, {now}");
            // A machine that others use may have stopped anywhere in here.
            let is_near = before.saturating_sub(20_000) <= now && now <= after + 20_000;
            assert!(
                is_near || after - before > 20_000,
                "{before}, {now}, {after}"
            );
            last = now;
        }
    }
}
