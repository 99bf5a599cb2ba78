//! Invariants of the provider that `init` installs. The provider is global, so tests run one at a
//! time.

mod memory;
mod queues;
mod threads;
mod users_code;

use std::sync::{Mutex, MutexGuard, PoisonError};

use traced::traced;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    let alone = ONE_AT_A_TIME.lock();
    alone.unwrap_or_else(PoisonError::into_inner)
}

#[traced]
fn work() {}
