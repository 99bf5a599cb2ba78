//! How long to wait before the same batch is sent again.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::failure::{Kind, Retry};

/// Before the second attempt.
const FIRST: Duration = Duration::from_millis(500);
/// At most, by our own choice.
const LONGEST: Duration = Duration::from_secs(5);

/// Delays that double, each with up to a fifth more or less: a collector that comes back is not
/// met by all its clients at once.
///
/// Specification: OpenTelemetry Protocol Exporter, "Retry".
#[derive(Debug)]
pub(super) struct Backoff {
    delay: Duration,
    random: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        use std::hash::{BuildHasher, RandomState};
        Backoff {
            delay: FIRST,
            // What std seeds its hash maps with: random enough to spread clients.
            random: RandomState::new().hash_one(0_u8),
        }
    }
}

impl Backoff {
    /// The next delay, or `None` when there is no use in another attempt.
    pub(super) fn next(&mut self, retry: Retry) -> Option<Duration> {
        match retry {
            Retry::Never => None,
            Retry::After(delay) => Some(delay),
            Retry::Backoff => {
                let delay = self.delay;
                self.delay = (delay * 2).min(LONGEST);
                Some(delay.mul_f64(self.jitter()))
            }
        }
    }

    /// From 0.8 to 1.2.
    fn jitter(&mut self) -> f64 {
        // xorshift64
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        0.8 + (self.random >> 52) as f64 / 4095.0 * 0.4
    }
}

/// Waits, but not for a collector that cannot be reached once somebody waits for us: then the next
/// attempt, at once, is the last.
pub(super) async fn wait(delay: Duration, kind: Kind, hurry: &mut watch::Receiver<bool>) {
    let is_cut_short = async {
        match kind {
            Kind::Unreachable if hurry.wait_for(|hurry| *hurry).await.is_ok() => {}
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

    #[test]
    fn delays_double_up_to_a_bound_and_differ() {
        let mut backoff = Backoff::default();
        for expected in [500, 1000, 2000, 4000, 5000, 5000] {
            let delay = backoff.next(Retry::Backoff).unwrap().as_millis();
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
    fn the_collectors_word_comes_first() {
        let mut backoff = Backoff::default();
        let said = Duration::from_secs(60);
        assert_eq!(backoff.next(Retry::After(said)), Some(said));
        assert_eq!(backoff.next(Retry::Never), None);
    }
}
