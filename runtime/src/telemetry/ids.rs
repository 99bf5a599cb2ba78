//! The id generators of the SDK's provider.

use std::hash::{BuildHasher, RandomState};
use std::time::SystemTime;

use opentelemetry::{SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

/// A boxed generator, as the SDK's builder takes a concrete type.
#[derive(Debug)]
pub(super) struct Ids(pub(super) Box<dyn IdGenerator>);

impl Ids {
    /// The SDK's random ids, modified per process: its generators are thread-local, so a `fork` copies
    /// their state, and parent and child would make the same ids.
    pub(super) fn of_process() -> Self {
        // A fork copies the keys too, but the hashed values differ.
        let keys = RandomState::new();
        let process = (std::process::id(), SystemTime::now());
        Ids(Box::new(Salted {
            low: keys.hash_one((process, 0)),
            high: keys.hash_one((process, 1)),
        }))
    }
}

/// Random ids of which some bits, the same each time, are inverted.
#[derive(Debug)]
struct Salted {
    low: u64,
    high: u64,
}

impl IdGenerator for Salted {
    fn new_trace_id(&self) -> TraceId {
        let id = u128::from_be_bytes(RandomIdGenerator::default().new_trace_id().to_bytes());
        TraceId::from(id ^ (u128::from(self.high) << 64 | u128::from(self.low)))
    }

    fn new_span_id(&self) -> SpanId {
        let id = u64::from_be_bytes(RandomIdGenerator::default().new_span_id().to_bytes());
        SpanId::from(id ^ self.low)
    }
}

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        self.0.new_trace_id()
    }

    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}
