//! Measures durations where reading the system's clock would be a considerable part of the work.

use std::time::{Duration, Instant};

#[cfg(feature = "init")]
use crate::recorder;

/// A running measurement, by the processor's counter once the recorder has calibrated it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Start);

#[derive(Clone, Copy, Debug)]
enum Start {
    #[cfg(feature = "init")]
    Counter(u64),
    Clock(Instant),
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        #[cfg(feature = "init")]
        if let Some(counter) = recorder::counter() {
            return Stopwatch(Start::Counter(counter.raw()));
        }
        Stopwatch(Start::Clock(Instant::now()))
    }

    /// The time since the start; zero if the counter was reset meanwhile.
    pub(crate) fn elapsed(&self) -> Duration {
        match self.0 {
            #[cfg(feature = "init")]
            Start::Counter(start) => {
                let elapsed =
                    recorder::counter().map(|counter| counter.delta_as_nanos(start, counter.raw()));
                Duration::from_nanos(elapsed.unwrap_or_default())
            }
            Start::Clock(start) => start.elapsed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_measured() {
        let by_clock = Stopwatch::start();
        #[cfg(feature = "init")]
        recorder::calibrate();
        let by_counter = Stopwatch::start();
        std::thread::sleep(Duration::from_millis(5));
        for elapsed in [by_clock.elapsed(), by_counter.elapsed()] {
            assert!(elapsed >= Duration::from_millis(4), "{elapsed:?}");
            assert!(elapsed < Duration::from_secs(60), "{elapsed:?}");
        }
    }
}
