//! The synchronisation primitives of `sink.rs`. The model checker includes that file with
//! primitives of its own (`runtime/tests/accounts.rs`).

pub(super) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
pub(super) use std::sync::{Arc, MutexGuard};

pub(super) use crate::fork::ForkMutex as Mutex;
