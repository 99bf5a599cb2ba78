//! A bounded queue of texts to be written. Texts that find no room are counted.

use std::collections::VecDeque;

/// In bytes. Trees have a few kilobytes each, so only a stream that is not read fills the queue.
const CAPACITY: usize = 4 << 20;

/// A queue of texts that is bounded in bytes.
#[derive(Debug)]
pub(crate) struct Waiting {
    texts: VecDeque<String>,
    bytes: usize,
    left_out: u64,
}

impl Waiting {
    pub(crate) const fn new() -> Self {
        Waiting {
            texts: VecDeque::new(),
            bytes: 0,
            left_out: 0,
        }
    }

    /// Queues a text; `false` if there is no room, and then the text is counted as left out.
    pub(crate) fn push(&mut self, text: String) -> bool {
        // A single text always fits, even if it is larger than the capacity.
        let has_room = self.texts.is_empty() || self.bytes + text.len() <= CAPACITY;
        if has_room {
            self.bytes += text.len();
            self.texts.push_back(text);
        } else {
            self.left_out += 1;
        }
        has_room
    }

    /// Takes the next texts, joined, and their number: as many as fit in `bytes`, but at least one if there is one.
    pub(crate) fn take(&mut self, bytes: usize) -> (String, u64) {
        let (mut all, mut count) = (String::new(), 0);
        while let Some(next) = self.texts.front() {
            if count > 0 && all.len() + next.len() > bytes {
                break;
            }
            self.bytes -= next.len();
            match self.texts.pop_front() {
                Some(text) if count == 0 => all = text,
                Some(text) => all.push_str(&text),
                None => break,
            }
            count += 1;
        }
        (all, count)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// How many texts were left out since the last call.
    pub(crate) fn left_out(&mut self) -> u64 {
        std::mem::take(&mut self.left_out)
    }
}
