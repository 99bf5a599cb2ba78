//! Flushes on SIGTERM, SIGINT and SIGHUP, and then lets the signal end the process.
//!
//! A handler cannot be removed, so handlers and thread stay until the end of the process, even if telemetry is
//! initialised again. While there is nothing to flush, and during a flush, a handler ends the process
//! itself.

use std::io;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag::{register_conditional_default, register_conditional_shutdown};
use signal_hook::iterator::Signals;
use signal_hook::low_level::{self, emulate_default_handler};

use super::dispositions::Dispositions;
use super::running::installed;
use super::watch::report_lost;
use crate::printer::Stream;
use crate::thread::spawn_thread;

static HANDLERS: OnceLock<Handlers> = OnceLock::new();

/// The process in which the thread runs; 0 if there is none.
static WATCHED_IN: AtomicU32 = AtomicU32::new(0);

/// The registration of the handlers, which is made once and inherited by forked children.
struct Handlers {
    /// The handlers of the program before ours were registered.
    before: Dispositions,
    signals: Vec<i32>,
    at_once: AtOnce,
}

/// Flushes the installed telemetry when one of the signals arrives.
pub(super) fn flush_on_signals() -> io::Result<()> {
    let handlers = match HANDLERS.get() {
        Some(handlers) => handlers,
        None => {
            let handlers = Handlers::register()?;
            HANDLERS.get_or_init(|| handlers)
        }
    };
    let here = process::id();
    if WATCHED_IN.swap(here, Ordering::AcqRel) != here {
        let watched = watch(handlers);
        if watched.is_err() {
            WATCHED_IN.store(0, Ordering::Release);
        }
        watched?;
    }
    handlers.at_once.set(false);
    Ok(())
}

/// Prints the open spans at each SIGUSR1.
pub(super) fn print_live() -> io::Result<()> {
    /// The process in which the thread runs; 0 if there is none.
    static PRINTS_IN: AtomicU32 = AtomicU32::new(0);

    let here = process::id();
    if PRINTS_IN.swap(here, Ordering::AcqRel) == here {
        return Ok(());
    }
    let started = Signals::new([SIGUSR1]).and_then(|mut incoming| {
        spawn_thread("traced-live", move || {
            for _ in incoming.forever() {
                Stream::Stderr.print(format!("{}\n", crate::live()));
            }
        })
    });
    if started.is_err() {
        PRINTS_IN.store(0, Ordering::Release);
    }
    started.map(drop)
}

/// Makes our handlers, if there are any, do what the signals would do without them.
pub(super) fn leave_to_default() {
    if let Some(handlers) = HANDLERS.get() {
        handlers.at_once.set(true);
    }
}

/// Restores the default action in a forked child, which does not have the thread that the parent's
/// handlers wake, unless the child has initialised telemetry itself.
pub(super) fn leave_to_default_in_child() {
    if WATCHED_IN.load(Ordering::Acquire) != process::id() {
        leave_to_default();
    }
}

impl Handlers {
    fn register() -> io::Result<Self> {
        let before = Dispositions::of_process().unwrap_or_default();
        let at_once = AtOnce::default();
        // An ignored signal stays ignored, as in a shell's background job or under `nohup`.
        let signals = [SIGTERM, SIGINT, SIGHUP].into_iter();
        let signals: Vec<i32> = signals.filter(|signal| !before.ignores(*signal)).collect();
        // If the program handles a signal already, the program decides how the process ends.
        for signal in signals.iter().filter(|signal| !before.catches(**signal)) {
            register_conditional_default(*signal, Arc::clone(&at_once.default))?;
            register_conditional_shutdown(*signal, status(*signal), Arc::clone(&at_once.exit))?;
        }
        Ok(Handlers {
            before,
            signals,
            at_once,
        })
    }
}

fn watch(handlers: &'static Handlers) -> io::Result<()> {
    let mut incoming = Signals::new(&handlers.signals)?;
    spawn_thread("traced-signals", move || {
        for signal in incoming.forever() {
            if let Some(telemetry) = installed::get() {
                // The same signal again ends the process without waiting for the flush.
                handlers.at_once.set(true);
                telemetry.flush().log_losses();
            }
            if !handlers.before.catches(signal) {
                // There is no shutdown, which would report them.
                report_lost();
                end_by(signal);
            }
            handlers.at_once.set(false);
        }
    })?;
    Ok(())
}

/// Ends the process as the signal would have ended it.
fn end_by(signal: i32) {
    if is_init() {
        low_level::exit(status(signal));
    }
    let _ = emulate_default_handler(signal);
}

/// Whether this is process 1 of a container or machine: the system drops signals that process 1
/// does not handle, and its `abort` ends in SIGSEGV.
fn is_init() -> bool {
    process::id() == 1
}

/// The exit status that shells report for a process that a signal ended.
fn status(signal: i32) -> i32 {
    128 + signal
}

/// Whether a handler ends the process at once: by the default action, or by an exit in process 1.
#[derive(Debug, Default)]
struct AtOnce {
    default: Arc<AtomicBool>,
    exit: Arc<AtomicBool>,
}

impl AtOnce {
    fn set(&self, is_at_once: bool) {
        self.default
            .store(is_at_once && !is_init(), Ordering::Release);
        self.exit.store(is_at_once && is_init(), Ordering::Release);
    }
}
