//! Buffers that are kept for reuse.

use std::mem;

use super::super::sync::Mutex;

/// Spare buffers. Reusing them saves page faults: the system maps the memory of a new buffer page by page.
#[derive(Debug)]
pub(super) struct Spares(Mutex<Vec<Vec<u8>>>);

/// The greatest number of spare buffers.
const MAX_SPARES: usize = 8;
/// The greatest length of a spare buffer, in bytes.
const MAX_SPARE: usize = 1 << 20;
/// The greatest length of all spare buffers together while no item waits: enough for a few batches.
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

    /// Frees buffers beyond [`MAX_IDLE`].
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
            // Buffers that were kept meanwhile are freed after the lock is released.
            mem::swap(&mut *now, &mut spares);
        }
    }

    /// The lengths of the spare buffers.
    #[cfg(test)]
    #[allow(dead_code, reason = "the model-checked tests of the queue read it")]
    pub(super) fn lengths(&self) -> Vec<usize> {
        let spares = self.0.lock();
        spares.map_or_else(Vec::new, |spares| spares.iter().map(Vec::len).collect())
    }
}
