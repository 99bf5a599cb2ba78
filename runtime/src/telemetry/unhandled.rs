//! Warns if there is no handler for a signal, which would then lose spans.
//!
//! `init` does not install handlers by default: a process has one handler for each signal, and ours
//! would conflict with one that the program installs later. `ctrlc::try_set_handler` would fail, and
//! with `tokio::signal` our handler could not know whether the program wants to end.

use std::sync::Arc;
use std::time::Duration;

use super::dispositions::Dispositions;
use super::running::{Running, installed};
use crate::self_log::{self, Level};

/// The time that the program has to install handlers of its own.
const START: Duration = Duration::from_secs(2);

/// SIGTERM and SIGINT, which have these numbers on every Linux.
const SIGNALS: [(i32, &str); 2] = [(15, "SIGTERM"), (2, "SIGINT")];

/// Checks once, when the program has started.
pub(super) fn watch(telemetry: &Arc<Running>) {
    let Some(exporting) = telemetry.exporting() else {
        return;
    };
    let this = Arc::downgrade(telemetry);
    exporting.run_later(START, move || {
        // Not after a shutdown, which has flushed everything.
        let is_installed = installed::get().is_some_and(|it| this.ptr_eq(&Arc::downgrade(&it)));
        if is_installed {
            warn(Dispositions::of_process());
        }
    });
}

fn warn(dispositions: Option<Dispositions>) {
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
                "{} will end this process without exporting its last spans; call \
                 `flush_on_signals()` on the builder (feature `signals`), or handle the signal and \
                 drop the guard",
                deadly.join(" and ")
            ),
        );
    }
}
