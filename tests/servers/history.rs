//! The earlier senders and attempts of a message, which its `traceparent` does not name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use traced::propagation::{Carrier, CarrierMut};

/// The headers of a message that was sent on, read as a carrier that names its first sender. `traceparent` names only
/// the last one. It is used so: `links = remote_span_context(&FirstSender(&message.headers))`.
pub(crate) struct FirstSender<C>(pub(crate) C);

const FIRST: &str = "x-first-traceparent";

/// Keeps the first sender in a message that is about to be sent on.
pub(crate) fn keep_first_sender(headers: &mut (impl Carrier + CarrierMut)) {
    if headers.get(FIRST).is_some() {
        return;
    }
    if let Some(first) = headers.get("traceparent").map(str::to_owned) {
        headers.set(FIRST, first);
    }
}

impl<C: Carrier> Carrier for FirstSender<C> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then(|| self.0.get(FIRST))?
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

pub(crate) type Headers = HashMap<String, String>;

/// The headers of all attempts at a message, by its id. Each attempt links to the one before.
///
/// A program of several processes keeps them in a database that all of them share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts(Arc<Mutex<HashMap<String, Vec<Headers>>>>);

impl Attempts {
    /// The last attempt, as a carrier.
    pub(crate) fn last(&self, id: &str) -> Option<Headers> {
        self.of(id, |attempts| attempts.last().cloned())
    }

    /// The number of attempts so far.
    pub(crate) fn count(&self, id: &str) -> usize {
        self.of(id, |attempts| attempts.len())
    }

    /// The carrier that the next attempt writes itself into.
    pub(crate) fn next(&self, id: &str) -> NextAttempt<'_> {
        self.of(id, |attempts| attempts.push(Headers::new()));
        NextAttempt(self, id.to_owned())
    }

    fn of<R>(&self, id: &str, ask: impl FnOnce(&mut Vec<Headers>) -> R) -> R {
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ask(messages.entry(id.to_owned()).or_default())
    }
}

pub(crate) struct NextAttempt<'a>(&'a Attempts, String);

impl CarrierMut for NextAttempt<'_> {
    fn set(&mut self, key: &str, value: String) {
        let NextAttempt(attempts, id) = self;
        attempts.of(id, |attempts| {
            if let Some(last) = attempts.last_mut() {
                last.set(key, value);
            }
        });
    }
}
