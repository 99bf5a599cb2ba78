//! How long to wait before the same batch is sent again.

use std::mem;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::send_error::{Retry, SendErrorKind};

/// The delay before the second attempt.
const FIRST: Duration = Duration::from_millis(500);
/// The longest delay of the backoff.
const LONGEST: Duration = Duration::from_secs(5);

/// The longest pause that a collector may ask for: a longer one is taken for a mistake.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// Whether there is a next attempt with the same request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    None,
    /// After a delay of the backoff.
    After(Duration),
    /// After a pause that the collector asked for, during which nothing is sent.
    AfterPause(Duration),
}

/// Delays that double, each up to a fifth longer or shorter, so that clients do not all send at the same moment to a
/// collector that has restarted.
///
/// Specification: OpenTelemetry Protocol Exporter, "Retry".
#[derive(Debug)]
pub(super) struct Backoff {
    delay: Duration,
    /// Whether the collector has asked for a pause before.
    has_paused: bool,
    random: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        use std::hash::{BuildHasher, RandomState};
        Backoff {
            delay: FIRST,
            has_paused: false,
            // The random seed of std's hash maps is random enough for this.
            random: RandomState::new().hash_one(0_u8),
        }
    }
}

impl Backoff {
    /// The time of the next attempt, or `None` if another attempt cannot succeed.
    pub(super) fn next(&mut self, retry: Retry) -> Attempt {
        match retry {
            Retry::Never | Retry::Smaller => Attempt::None,
            Retry::Backoff => Attempt::After(self.grown()),
            Retry::After(pause) => {
                let pause = pause.min(LONGEST_PAUSE);
                // A collector may ask for a pause of zero again and again: from the second pause on, the backoff is the
                // minimum.
                let least = match mem::replace(&mut self.has_paused, true) {
                    true => self.grown(),
                    false => Duration::ZERO,
                };
                Attempt::AfterPause(pause.max(least))
            }
        }
    }

    /// The next delay, about twice the one before.
    fn grown(&mut self) -> Duration {
        let delay = self.delay;
        self.delay = (delay * 2).min(LONGEST);
        delay.mul_f64(self.jitter())
    }

    /// A random factor from 0.8 to 1.2.
    fn jitter(&mut self) -> f64 {
        // xorshift64
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        0.8 + (self.random >> 52) as f64 / 4095.0 * 0.4
    }
}

/// Waits before the next attempt. If the collector cannot be reached and a flush or a shutdown waits, returns at once;
/// the next attempt is then the last.
pub(super) async fn wait(delay: Duration, kind: SendErrorKind, hurry: &mut watch::Receiver<bool>) {
    let is_cut_short = async {
        match kind {
            SendErrorKind::Unreachable if hurry.wait_for(|hurry| *hurry).await.is_ok() => {}
            _ => std::future::pending().await,
        }
    };
    tokio::select! {
        () = sleep(delay) => {}
        () = is_cut_short => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delay(attempt: Attempt) -> Duration {
        match attempt {
            Attempt::After(delay) | Attempt::AfterPause(delay) => delay,
            Attempt::None => panic!("no attempt"),
        }
    }

    #[test]
    fn delays_double_up_to_a_bound_and_differ() {
        let mut backoff = Backoff::default();
        for expected in [500, 1000, 2000, 4000, 5000, 5000] {
            let delay = delay(backoff.next(Retry::Backoff)).as_millis();
            assert!(
                (expected * 8 / 10..=expected * 12 / 10).contains(&delay),
                "{delay}"
            );
        }
        let mut others = (0..8).map(|_| Backoff::default().next(Retry::Backoff));
        let first = others.next();
        assert!(others.any(|other| Some(other) != first));
    }

    #[test]
    fn the_pause_of_the_collector_replaces_the_backoff() {
        let mut backoff = Backoff::default();
        let pause = Duration::from_secs(60);
        assert_eq!(
            backoff.next(Retry::After(pause)),
            Attempt::AfterPause(pause)
        );
        assert_eq!(backoff.next(Retry::Never), Attempt::None);
    }

    #[test]
    fn an_absurd_pause_is_cut() {
        let mut backoff = Backoff::default();
        for absurd in [Duration::MAX, Duration::from_secs(u64::MAX)] {
            let pause = backoff.next(Retry::After(absurd));
            assert_eq!(pause, Attempt::AfterPause(LONGEST_PAUSE));
        }
    }

    #[test]
    fn a_pause_of_zero_is_accepted_once() {
        let mut backoff = Backoff::default();
        assert_eq!(
            delay(backoff.next(Retry::After(Duration::ZERO))),
            Duration::ZERO
        );
        assert!(delay(backoff.next(Retry::After(Duration::ZERO))) >= FIRST.mul_f64(0.8));
    }
}
