//! The start of this crate's threads: all of them block signals.
//!
//! A signal that is sent to a process is delivered to any thread that does not block it. A program that
//! blocks SIGTERM in its own threads and reads it from a `signalfd` or with `sigwait` would be killed by
//! it through a thread of ours that does not block it.

#[cfg(feature = "init")]
use std::cell::Cell;
use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts a thread with this name, in which all signals are blocked except those that report a fault
/// of the thread itself (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP): Rust's own message about
/// a stack overflow needs them.
///
/// Does not touch thread-local values of the calling thread, so it can be called from destructors of
/// such values and from `atexit`.
///
/// # Errors
///
/// The operating system could not create a thread.
pub(crate) fn spawn_thread<T, F>(name: &str, f: F) -> io::Result<JoinHandle<T>>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    with_signals_blocked(|| Builder::new().name(name.to_owned()).spawn(f))
}

/// Runs `start`, which starts threads, with signals blocked on this thread. A thread inherits the signal mask of
/// the thread that starts it, so there is no moment at which the new thread could receive a signal.
pub(crate) fn with_signals_blocked<T>(start: impl FnOnce() -> T) -> T {
    #[cfg(unix)]
    let _blocked = mask::Blocked::new();
    start()
}

#[cfg(feature = "init")]
thread_local! {
    static IS_AWAITED: Cell<bool> = const { Cell::new(false) };
}

/// Notes that a shutdown of telemetry may wait for this thread, so that the user's code on it does not wait for the
/// shutdown in turn.
#[cfg(feature = "init")]
pub(crate) fn note_awaited() {
    let _ = IS_AWAITED.try_with(|is_awaited| is_awaited.set(true));
}

/// Whether [`note_awaited`] was called on this thread.
#[cfg(feature = "init")]
pub(crate) fn is_awaited() -> bool {
    IS_AWAITED.try_with(Cell::get).unwrap_or(false)
}

#[cfg(unix)]
mod mask {
    use nix::sys::signal::{SigSet, SigmaskHow, Signal};

    /// Signals that are delivered to the thread that caused them, so no other thread waits for them.
    const FAULTS: [Signal; 6] = [
        Signal::SIGSEGV,
        Signal::SIGBUS,
        Signal::SIGFPE,
        Signal::SIGILL,
        Signal::SIGSYS,
        Signal::SIGTRAP,
    ];

    /// Restores the mask of this thread when it is dropped.
    pub(super) struct Blocked {
        /// `None` if the mask could not be changed, which POSIX does not allow to happen here.
        before: Option<SigSet>,
    }

    impl Blocked {
        pub(super) fn new() -> Self {
            let mut signals = SigSet::all();
            FAULTS.iter().for_each(|fault| signals.remove(*fault));
            Blocked {
                before: signals.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok(),
            }
        }
    }

    impl Drop for Blocked {
        fn drop(&mut self) {
            if let Some(before) = &self.before {
                let _ = before.thread_set_mask();
            }
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// The signals that the calling thread blocks, a bit each.
    fn blocked() -> u64 {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:"));
        u64::from_str_radix(mask.unwrap().trim(), 16).unwrap()
    }

    const fn bit(signal: u32) -> u64 {
        1 << (signal - 1)
    }

    #[test]
    fn a_thread_of_ours_blocks_signals_and_its_spawner_does_not() {
        let before = blocked();
        let inside = spawn_thread("traced-test", blocked).unwrap();
        let inside = inside.join().unwrap();
        // HUP, INT, QUIT, ABRT, USR1, USR2, PIPE, ALRM, TERM, CHLD, PROF, IO
        for signal in [1, 2, 3, 6, 10, 12, 13, 14, 15, 17, 27, 29] {
            assert_ne!(inside & bit(signal), 0, "signal {signal}");
        }
        // ILL, TRAP, BUS, FPE, SEGV, SYS
        for signal in [4, 5, 7, 8, 11, 31] {
            assert_eq!(inside & bit(signal), 0, "signal {signal}");
        }
        assert_eq!(blocked(), before);
    }

    #[test]
    fn the_mask_comes_back_when_starting_panics() {
        let before = blocked();
        let panics = std::panic::catch_unwind(|| with_signals_blocked(|| panic!("no thread")));
        assert!(panics.is_err());
        assert_eq!(blocked(), before);
    }
}
