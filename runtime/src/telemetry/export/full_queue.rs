//! Messages about items that are dropped, because a queue is full or because this process exports nothing.

use super::signal::OtlpSignal;
use crate::recorder::sink::Bounds;
use crate::self_log::{self, Level};

#[cold]
pub(super) fn warn_of_full_queue<S: OtlpSignal>(name: &str, bounds: Bounds) {
    let (size, signal, variable) = (bounds.items, S::PLURAL, S::QUEUE_SIZE);
    self_log::once(
        Level::Error,
        &format!("full queue of {signal} for {name}"),
        format_args!(
            "the queue of {size} {signal} for {name} is full; further {signal} are dropped and \
             counted; set {variable} to a larger number to queue more"
        ),
    );
}

#[cold]
pub(super) fn warn_of_heavy_queue<S: OtlpSignal>(name: &str, bounds: Bounds) {
    let (bytes, signal) = (bounds.bytes, S::PLURAL);
    self_log::once(
        Level::Error,
        &format!("full queue of {signal} for {name}"),
        format_args!(
            "the queued {signal} for {name} hold {bytes} bytes, the maximum; further {signal} are dropped \
             and counted; `Batch::max_queue_bytes` sets the maximum"
        ),
    );
}

/// Warns that spans end in a forked child, which has no thread to export them.
#[cold]
pub(super) fn warn_of_fork() {
    self_log::once(
        Level::Warn,
        "forked",
        "this process was forked from a process with telemetry and exports nothing; call `init` in the child",
    );
}
