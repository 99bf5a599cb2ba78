//! Warns that a signal would lose spans, if no handler is installed for it.
//!
//! `init` cannot flush on signals unasked: a process has one handler for each signal, and one of ours
//! would be in the way of the program's own, installed later. `ctrlc::try_set_handler` would fail, and
//! beside `tokio::signal` it would not be known whether the program is to end.

use std::sync::Arc;
use std::time::Duration;

use super::dispositions::Dispositions;
use super::running::{Running, installed};
use crate::self_log::{self, Level};

/// The program has this long to install handlers of its own.
const START: Duration = Duration::from_secs(2);

/// SIGTERM and SIGINT, which have these numbers on every Linux.
const SIGNALS: [(i32, &str); 2] = [(15, "SIGTERM"), (2, "SIGINT")];

/// Looks once, when the program has started.
pub(super) fn watch(telemetry: &Arc<Running>) {
    let Some(exporting) = telemetry.exporting() else {
        return;
    };
    let this = Arc::downgrade(telemetry);
    exporting.run_later(START, move || {
        // After a shutdown, everything was flushed.
        let is_installed = installed::get().is_some_and(|it| this.ptr_eq(&Arc::downgrade(&it)));
        if is_installed {
            tell(Dispositions::of_process());
        }
    });
}

fn tell(dispositions: Option<Dispositions>) {
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
