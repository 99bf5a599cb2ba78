//! SIGTERM and SIGINT: flush, and let the signal do what it does.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_default;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::guard::Parts;
use crate::thread::spawn_thread;

/// Starts a thread that waits for signals, to the end of the process: a handler cannot be taken
/// back, and without its thread the signal would be lost.
pub(super) fn flush_on_signals(parts: Parts, deadline: Duration) -> io::Result<()> {
    let dispositions = Dispositions::of_process();
    // What is ignored stays ignored: a job in the background of a shell, for one.
    let signals = [SIGTERM, SIGINT].into_iter();
    let signals: Vec<i32> = signals
        .filter(|signal| !dispositions.ignores(*signal))
        .collect();
    // While the flush goes on, the same signal again does not wait for it.
    let is_flushing = Arc::new(AtomicBool::new(false));
    for signal in &signals {
        if !dispositions.catches(*signal) {
            register_conditional_default(*signal, Arc::clone(&is_flushing))?;
        }
    }
    let mut incoming = Signals::new(signals)?;
    spawn_thread("traced-signals", move || {
        for signal in incoming.forever() {
            is_flushing.store(true, Ordering::Release);
            parts.flush(deadline).tell();
            is_flushing.store(false, Ordering::Release);
            // Who handled the signal before us decides what becomes of the process.
            if !dispositions.catches(signal) {
                let _ = emulate_default_handler(signal);
            }
        }
    })?;
    Ok(())
}

/// What signals did before us, as sets of bits.
///
/// Linux says so in a file; elsewhere one would have to call `sigaction`, which is `unsafe`, and they
/// count as untouched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Dispositions {
    ignored: u64,
    caught: u64,
}

impl Dispositions {
    fn of_process() -> Self {
        let status = std::fs::read_to_string("/proc/self/status");
        Dispositions::of_status(&status.unwrap_or_default())
    }

    fn of_status(status: &str) -> Self {
        let mask = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        };
        Dispositions {
            ignored: mask("SigIgn:").unwrap_or_default(),
            caught: mask("SigCgt:").unwrap_or_default(),
        }
    }

    fn ignores(self, signal: i32) -> bool {
        self.ignored & bit(signal) != 0
    }

    fn catches(self, signal: i32) -> bool {
        self.caught & bit(signal) != 0
    }
}

fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_a_process_is_read() {
        let status = "Name:\tx\nSigIgn:\t0000000000001002\nSigCgt:\t0000000000004440\n";
        let dispositions = Dispositions::of_status(status);
        assert!(dispositions.ignores(SIGINT) && !dispositions.catches(SIGINT));
        assert!(dispositions.catches(SIGTERM) && !dispositions.ignores(SIGTERM));
    }
}
