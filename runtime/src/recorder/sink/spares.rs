//! Buffers that are used again.

use std::mem;

use super::super::sync::Mutex;

/// Buffers, for the slots to come: a buffer that is new has to be fetched from the system page by page.
#[derive(Debug)]
pub(super) struct Spares(Mutex<Vec<Vec<u8>>>);

/// Buffers that are kept.
const MAX_SPARES: usize = 8;
/// The largest of them, in bytes.
const MAX_SPARE: usize = 1 << 20;
/// The bytes of all spare buffers while nothing waits: enough for a few batches.
const MAX_IDLE: usize = 512 << 10;

impl Spares {
    pub(super) fn new() -> Self {
        Spares(Mutex::new(Vec::new()))
    }

    pub(super) fn take(&self) -> Vec<u8> {
        let spare = self.0.lock().and_then(|mut spares| spares.pop());
        spare.unwrap_or_default()
    }

    /// A buffer of at least `len` bytes, or a new one. A shorter spare buffer is freed.
    pub(super) fn at_least(&self, len: usize) -> Vec<u8> {
        let spare = self.take();
        match spare.len() >= len {
            true => spare,
            false => vec![0; len],
        }
    }

    pub(super) fn keep(&self, buffer: Vec<u8>) {
        if buffer.is_empty() || buffer.len() > MAX_SPARE {
            return;
        }
        match self.0.lock() {
            Some(mut spares) if spares.len() < MAX_SPARES => spares.push(buffer),
            _ => {}
        }
    }

    /// Frees what there is more of than while nothing waits.
    pub(super) fn trim(&self) {
        let spares = self.0.lock().map(|mut spares| mem::take(&mut *spares));
        let mut spares = spares.unwrap_or_default();
        let mut left = MAX_IDLE;
        spares.retain(|buffer| match left.checked_sub(buffer.len()) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        });
        if let Some(mut now) = self.0.lock() {
            // Buffers that came meanwhile are freed after the lock is released.
            mem::swap(&mut *now, &mut spares);
        }
    }
}
