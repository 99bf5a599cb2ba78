//! The headers of a Kafka record.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::message::{BorrowedHeaders, Header, Headers, OwnedHeaders};

use super::collections::{is, text};
use super::{Carrier, CarrierMut};

macro_rules! readable {
    ($($headers:ty),* $(,)?) => {$(
        /// A key may be there more than once, and the last one counts: Kafka's clients
        /// append, so that is the one of the latest sender.
        impl Carrier for $headers {
            fn get(&self, key: &str) -> Option<&str> {
                let values = readable(self).filter(|header| is(header.key, key));
                values.last()?.value.and_then(text)
            }

            fn keys(&self) -> Vec<&str> {
                readable(self).map(|header| header.key).collect()
            }
        }
    )*};
}

readable!(OwnedHeaders, BorrowedHeaders);

/// The headers that are already there stay, those with a key that is no text included.
impl CarrierMut for OwnedHeaders {
    fn set(&mut self, key: &str, value: String) {
        self.remove(key);
        let headers = mem::take(self);
        let value = Some(value.as_bytes());
        *self = headers.insert(Header { key, value });
    }

    fn remove(&mut self, key: &str) {
        if !readable(self).any(|header| is(header.key, key)) {
            return;
        }
        // Headers can only be added, so these are made anew; but not where one cannot be
        // read, which would be lost. The one that is set then is the last, and counts.
        if readable(self).count() < self.count() {
            return;
        }
        let mut rest = OwnedHeaders::new_with_capacity(self.count());
        for header in readable(self).filter(|header| !is(header.key, key)) {
            rest = rest.insert(header);
        }
        *self = rest;
    }
}

/// The headers that can be read.
///
/// rdkafka panics at a key that is not UTF-8, of which Kafka knows nothing: whoever may
/// write to a topic would stop whoever reads it.
fn readable<H: Headers>(headers: &H) -> impl Iterator<Item = Header<'_, &[u8]>> {
    (0..headers.count()).filter_map(|index| {
        let read = || headers.try_get(index);
        catch_unwind(AssertUnwindSafe(read)).ok().flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers of which one cannot be read: rdkafka makes none, but brokers have them.
    struct Poisoned;

    impl Headers for Poisoned {
        fn count(&self) -> usize {
            3
        }

        fn try_get(&self, index: usize) -> Option<Header<'_, &[u8]>> {
            let key = ["traceparent", "", "tracestate"][index];
            assert_ne!(key, "", "rdkafka unwraps an error here");
            Some(Header { key, value: None })
        }
    }

    #[test]
    fn a_key_that_is_no_text_is_passed_over() {
        let keys: Vec<_> = readable(&Poisoned).map(|header| header.key).collect();
        assert_eq!(keys, ["traceparent", "tracestate"]);
    }
}
