//! Messages about items that find no place in a queue, or nobody to export them.

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
            "the queue of {size} {signal} for {name} is full; {signal} are dropped from now on, \
             1 so far, and counted. {variable} makes the queue longer"
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
            "the {signal} that wait for {name} hold {bytes} bytes, as many as they may; {signal} \
             are dropped from now on, 1 so far, and counted. `Batch::max_queue_bytes` lets them \
             hold more"
        ),
    );
}

/// Says that spans end in a child that has no thread to export them.
#[cold]
pub(super) fn warn_of_fork() {
    self_log::once(
        Level::Warn,
        "forked",
        "this process was forked from one with telemetry, and exports nothing; call `init` in it",
    );
}
