//! The headers of a Kafka record.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::message::{BorrowedHeaders, Header, Headers, OwnedHeaders};

use super::collections::{is, text};
use super::{Carrier, CarrierMut};

macro_rules! readable {
    ($($headers:ty),* $(,)?) => {$(
        /// The last of several headers with the same key counts: Kafka's clients append headers, so it is
        /// that of the latest producer.
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

/// Other headers stay, even those whose key is not UTF-8.
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
        // Headers cannot be removed, so new ones are made; except if some header cannot be read and
        // would be lost. Then the header is set as the last one, which counts.
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
/// rdkafka panics at a key that is not UTF-8, which Kafka allows. Without catching the panic, a producer could stop
/// every consumer of the topic.
fn readable<H: Headers>(headers: &H) -> impl Iterator<Item = Header<'_, &[u8]>> {
    (0..headers.count()).filter_map(|index| {
        let read = || headers.try_get(index);
        catch_unwind(AssertUnwindSafe(read)).ok().flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers with a value that cannot be read: rdkafka cannot create such a header, but brokers
    /// deliver it.
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
    fn a_key_that_is_not_utf_8_is_ignored() {
        let keys: Vec<_> = readable(&Poisoned).map(|header| header.key).collect();
        assert_eq!(keys, ["traceparent", "tracestate"]);
    }
}
