//! Around the process: from the environment to an installed provider, and back to an empty queue.

#[expect(
    dead_code,
    reason = "the two stages that it stands between are not there yet"
)]
mod settings;
