//! Batches: items that were taken out of slots.

use std::collections::VecDeque;
use std::mem;

use super::super::sync::Arc;
use super::slot::Run;
use super::spares::Spares;

/// The items of one slot.
#[derive(Debug)]
pub(super) struct Chunk<S> {
    pub(super) bytes: Vec<u8>,
    /// The position at which the first run begins.
    pub(super) start: usize,
    pub(super) runs: VecDeque<Run<S>>,
}

impl<S: Clone> Chunk<S> {
    pub(super) fn items(&self) -> usize {
        self.runs.iter().map(|run| run.count).sum()
    }

    pub(super) fn len(&self) -> usize {
        self.end() - self.start
    }

    pub(super) fn end(&self) -> usize {
        self.runs.back().map_or(self.start, |run| run.end)
    }

    /// Takes the first items out: at most `items` with at most `bytes` together, but at least `least` items.
    pub(super) fn split(
        &mut self,
        items: usize,
        bytes: usize,
        least: usize,
        first_len: fn(&[u8]) -> usize,
        spares: &Spares,
    ) -> Self {
        let mut head = Chunk {
            bytes: Vec::new(),
            start: 0,
            runs: VecDeque::new(),
        };
        let start = self.start;
        let mut taken = 0;
        while let Some(run) = self.runs.front_mut() {
            let mut count = 0;
            while run.count > 0 && taken < items {
                let len = first_len(&self.bytes[self.start..run.end]);
                let is_light = self.start + len - start <= bytes;
                if !is_light && taken >= least {
                    break;
                }
                self.start += len;
                run.count -= 1;
                count += 1;
                taken += 1;
            }
            if count > 0 {
                head.runs.push_back(Run {
                    group: run.group.clone(),
                    count,
                    end: self.start - start,
                });
            }
            if run.count > 0 {
                break;
            }
            self.runs.pop_front();
        }
        let moved = &self.bytes[start..self.start];
        head.bytes = spares.take();
        if head.bytes.len() < moved.len() {
            head.bytes.resize(moved.len(), 0);
        }
        head.bytes[..moved.len()].copy_from_slice(moved);
        head
    }
}

/// Items that are exported together.
#[derive(Debug)]
pub(crate) struct Batch<S> {
    chunks: Vec<Chunk<S>>,
    pub(super) items: usize,
    pub(super) bytes: usize,
    spares: Arc<Spares>,
}

impl<S: Clone> Batch<S> {
    pub(super) fn empty(spares: &Arc<Spares>) -> Self {
        Batch {
            chunks: Vec::new(),
            items: 0,
            bytes: 0,
            spares: Arc::clone(spares),
        }
    }

    pub(super) fn add(&mut self, chunk: Chunk<S>) {
        self.items += chunk.items();
        self.bytes += chunk.len();
        self.chunks.push(chunk);
    }

    pub(crate) fn len(&self) -> usize {
        self.items
    }

    /// Groups, each with the bytes of consecutive items. A group may occur more than once.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (&S, &[u8])> {
        self.chunks.iter().flat_map(|chunk| {
            let mut start = chunk.start;
            chunk.runs.iter().map(move |run| {
                let bytes = &chunk.bytes[start..run.end];
                start = run.end;
                (&run.group, bytes)
            })
        })
    }

    /// Moves the second half of the items to a new batch.
    pub(crate) fn split_off(&mut self, first_len: fn(&[u8]) -> usize) -> Self {
        let mut left = self.items.div_ceil(2);
        let mut first = Batch::empty(&self.spares);
        let mut chunks = VecDeque::from(mem::take(&mut self.chunks));
        while let Some(mut chunk) = chunks.pop_front() {
            if chunk.items() <= left {
                left -= chunk.items();
                first.add(chunk);
            } else {
                let head = chunk.split(left, usize::MAX, 0, first_len, &self.spares);
                first.add(head);
                chunks.push_front(chunk);
                break;
            }
        }
        let mut later = Batch::empty(&self.spares);
        chunks.into_iter().for_each(|chunk| later.add(chunk));
        *self = first;
        later
    }
}

/// Keeps the buffers for reuse.
impl<S> Drop for Batch<S> {
    fn drop(&mut self) {
        for chunk in self.chunks.drain(..) {
            self.spares.keep(chunk.bytes);
        }
    }
}
