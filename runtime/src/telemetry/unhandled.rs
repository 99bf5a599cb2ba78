//! Warns if there is no handler for a signal, which would then lose spans, or the page that shows them.
//!
//! `init` does not install handlers by default: a process has one handler for each signal, and ours
//! would conflict with one that the program installs later. `ctrlc::try_set_handler` would fail, and
//! with `tokio::signal` our handler could not know whether the program wants to end.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::dispositions::Dispositions;
use super::running::{Running, installed};
use crate::self_log::{self, Level};
use crate::thread::spawn_thread;

/// The time that the program has to install handlers of its own.
const START: Duration = Duration::from_secs(2);

/// SIGTERM and SIGINT, which have these numbers on every Linux.
const SIGNALS: [(i32, &str); 2] = [(15, "SIGTERM"), (2, "SIGINT")];

/// Checks once, when the program has started. `at_end` is what the process does at its end, unless a signal ends it.
pub(super) fn watch(telemetry: &Arc<Running>, at_end: Vec<&'static str>) {
    if at_end.is_empty() {
        return;
    }
    let this = Arc::downgrade(telemetry);
    let check = move || {
        // Not after a shutdown, which has flushed everything.
        let is_installed = installed::get().is_some_and(|it| this.ptr_eq(&Arc::downgrade(&it)));
        if is_installed {
            warn(Dispositions::of_process(), &at_end);
        }
    };
    match telemetry.exporting() {
        Some(exporting) => exporting.run_later(START, check),
        // If the thread cannot be started, the message is missing.
        None => drop(spawn_thread("traced-unhandled", move || {
            thread::sleep(START);
            check();
        })),
    }
}

fn warn(dispositions: Option<Dispositions>, at_end: &[&str]) {
    let Some(dispositions) = dispositions else {
        return;
    };
    let deadly = SIGNALS
        .iter()
        .filter(|(signal, _)| dispositions.leaves_to_default(*signal));
    let deadly: Vec<&str> = deadly.map(|(_, name)| *name).collect();
    if !deadly.is_empty() {
        self_log::once(
            Level::Info,
            "signals",
            format_args!(
                "{} will end this process without {}; call `flush_on_signals()` on the builder \
                 (feature `signals`), or handle the signal and drop the guard",
                deadly.join(" and "),
                at_end.join(" or ")
            ),
        );
    }
}
