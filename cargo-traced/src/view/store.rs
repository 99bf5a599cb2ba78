//! Keeps the latest parts, up to a limit of spans and of bytes.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use super::parts::Part;

/// The approximate size of an answer to the page. More parts are in the next answer.
const ANSWER_BYTES: usize = 16 << 20;

pub(crate) struct Store {
    max_items: usize,
    max_bytes: usize,
    /// Distinguishes this store from that of an earlier process on the same port.
    run: String,
    kept: Mutex<Kept>,
    /// The number that the next part will have, for requests that wait for it.
    next: watch::Sender<u64>,
}

#[derive(Default)]
struct Kept {
    /// The names of the sources of parts: one per file, or one for everything that was received.
    names: Vec<String>,
    parts: VecDeque<(usize, Part)>,
    /// The number of the first of `parts`.
    first: u64,
    items: usize,
    bytes: usize,
    received: u64,
    dropped: u64,
}

impl Store {
    pub(crate) fn new(max_items: usize, max_bytes: usize) -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Store {
            max_items,
            max_bytes,
            run: format!("{}-{}", std::process::id(), since.as_nanos()),
            kept: Mutex::default(),
            next: watch::Sender::new(0),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a part. At a limit the oldest parts are dropped, and this one too if it exceeds the limit by itself.
    pub(crate) fn add(&self, source: &str, part: Part) {
        let mut kept = self.kept();
        let known = kept.names.iter().position(|name| name == source);
        let source = known.unwrap_or_else(|| {
            kept.names.push(source.to_owned());
            kept.names.len() - 1
        });
        kept.items += part.items;
        kept.received += part.items as u64;
        kept.bytes += part.json.len();
        kept.parts.push_back((source, part));
        while kept.items > self.max_items || kept.bytes > self.max_bytes {
            let Some((_, oldest)) = kept.parts.pop_front() else {
                break;
            };
            kept.first += 1;
            kept.items -= oldest.items;
            kept.bytes -= oldest.json.len();
            kept.dropped += oldest.items as u64;
        }
        self.next.send_replace(kept.next());
    }

    /// Waits until there are parts from this number on.
    pub(crate) async fn wait_for(&self, number: u64) {
        let mut next = self.next.subscribe();
        // The store owns the sender, so it exists as long as a request waits.
        let _ = next.wait_for(|next| *next > number).await;
    }

    /// The number, or 0 if the page got its parts from an earlier process.
    pub(crate) fn number_of(&self, run: &str, number: u64) -> u64 {
        match run == self.run {
            true => number,
            false => 0,
        }
    }

    /// The answer, as JSON, to a page that has the parts below this number.
    pub(crate) fn answer(&self, number: u64) -> String {
        let kept = self.kept();
        let mut number = number.clamp(kept.first, kept.next());
        let mut parts = String::new();
        while parts.len() < ANSWER_BYTES && number < kept.next() {
            let (source, part) = &kept.parts[(number - kept.first) as usize];
            let comma = if parts.is_empty() { "" } else { "," };
            let _ = write!(parts, "{comma}[{number},{source},{}]", part.json);
            number += 1;
        }
        let names = serde_json::Value::from(kept.names.clone());
        let (run, first, dropped) = (&self.run, kept.first, kept.dropped);
        let more = number < kept.next();
        format!(
            r#"{{"run":"{run}","first":{first},"next":{number},"more":{more},"dropped":{dropped},"names":{names},"parts":[{parts}]}}"#
        )
    }

    /// Everything that is kept, as one document, with the number of items that were dropped.
    pub(crate) fn document(&self) -> (Vec<Part>, u64) {
        let kept = self.kept();
        let parts = kept.parts.iter().map(|(_, part)| part.clone());
        (parts.collect(), kept.dropped)
    }

    /// Prints on standard error that the files have more than the store keeps.
    pub(crate) fn report_dropped(&self) {
        let (dropped, max_items, max_bytes) = (self.kept().dropped, self.max_items, self.max_bytes);
        if dropped > 0 {
            eprintln!(
                "warning: left out the first {dropped} spans and log records: at most {max_items} are kept, in {} MiB \
                 (`--max-spans`, `--max-memory`)",
                max_bytes >> 20
            );
        }
    }

    /// A sentence about the received and dropped items.
    pub(crate) fn summary(&self) -> String {
        let kept = self.kept();
        let (received, dropped) = (kept.received, kept.dropped);
        format!(
            "received {received} spans and log records; the first {dropped} of them were not kept"
        )
    }
}

impl Kept {
    fn next(&self) -> u64 {
        self.first + self.parts.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn part(items: usize, bytes: usize) -> Part {
        Part {
            json: format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8)),
            items,
        }
    }

    fn answer(store: &Store, number: u64) -> Value {
        serde_json::from_str(&store.answer(number)).unwrap()
    }

    #[test]
    fn the_oldest_are_dropped_at_the_limit_of_items() {
        let store = Store::new(5, 1000);
        for items in [2, 2, 2] {
            store.add("live", part(items, 10));
        }
        let answer = answer(&store, 0);
        assert_eq!(
            (&answer["first"], &answer["next"], &answer["dropped"]),
            (&1.into(), &3.into(), &2.into())
        );
        assert_eq!(answer["parts"].as_array().unwrap().len(), 2);
        assert_eq!(answer["parts"][0][0], 1);
    }

    #[test]
    fn the_oldest_are_dropped_at_the_limit_of_bytes() {
        let store = Store::new(100, 100);
        store.add("live", part(1, 60));
        store.add("live", part(1, 60));
        assert_eq!(answer(&store, 0)["first"], 1);
        // A part that alone exceeds the bound is not kept, and counts as dropped.
        store.add("live", part(7, 101));
        assert_eq!(answer(&store, 0)["parts"], Value::Array(Vec::new()));
        assert_eq!(answer(&store, 0)["dropped"], 9);
        let kept = store.kept();
        assert_eq!((kept.items, kept.bytes), (0, 0));
    }

    #[test]
    fn a_page_gets_the_parts_that_it_lacks() {
        let store = Store::new(100, 1000);
        store.add("a.jsonl", part(1, 10));
        store.add("b.jsonl", part(1, 10));
        let second = answer(&store, 1);
        assert_eq!(second["parts"].as_array().unwrap().len(), 1);
        assert_eq!(
            (&second["parts"][0][1], &second["names"][1]),
            (&1.into(), &"b.jsonl".into())
        );
        assert_eq!(answer(&store, 9)["next"], 2);
        assert_eq!(store.number_of("another", 9), 0);
        assert_eq!(store.number_of(&store.run, 9), 9);
    }

    #[test]
    fn an_answer_has_a_bound_and_says_that_there_is_more() {
        let store = Store::new(100, 1 << 30);
        for _ in 0..3 {
            store.add("live", part(1, ANSWER_BYTES / 2 + 100));
        }
        let first = answer(&store, 0);
        assert_eq!((&first["more"], &first["next"]), (&true.into(), &2.into()));
        let second = answer(&store, 2);
        assert_eq!(
            (&second["more"], &second["next"]),
            (&false.into(), &3.into())
        );
    }
}
