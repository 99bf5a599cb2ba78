//! A library whose telemetry is behind one feature.
#![deny(warnings)]

mod telemetry;

use std::fmt;

use telemetry::{carry_fn, event, record_error, set_attributes, span};

/// The error of an order that does not exist.
#[derive(Debug)]
pub struct NotFound(u64);

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no order {}", self.0)
    }
}

impl std::error::Error for NotFound {}

/// Loads orders.
pub struct Orders;

#[cfg_attr(feature = "otel", traced::traced)]
impl Orders {
    /// The items of an order.
    pub fn load(
        &self,
        #[cfg_attr(feature = "otel", attribute("order.id"))] id: u64,
    ) -> Result<usize, NotFound> {
        let attempt = 1;
        event!("lookup", attempt, cache.hit = false, order = ?id, "order.text" = %id);
        #[cfg_attr(feature = "otel", traced(name = "check"))]
        if id == 0 {
            return Err(NotFound(id));
        }
        let items = span!("count", order = id, {
            let items = usize::try_from(id).unwrap_or_default();
            items * 2
        });
        let empty = span!("nothing", { 0 });
        set_attributes!(items = items as i64);
        Ok(items + empty)
    }

    /// Sends an order in a thread of its own; returns whether it was sent.
    pub fn send(&self, id: u64) -> bool {
        #[cfg_attr(feature = "otel", traced_spawn(name = "sender"))]
        let sender = std::thread::spawn(move || Orders.load(id).is_ok());
        let by_hand = std::thread::Builder::new();
        let work = carry_fn(move || sent(id));
        #[cfg_attr(feature = "otel", traced_spawn(detached))]
        let by_hand = by_hand.spawn(work).map(|thread| thread.join());
        if let Err(error) = &by_hand {
            record_error(error);
        }
        let label = match id {
            #[cfg_attr(feature = "otel", traced(name = "first"))]
            1 => name("first"),
            _ => name("other"),
        };
        sender.join().unwrap_or(false) && !label.is_empty()
    }

    #[cfg_attr(feature = "otel", traced(skip))]
    fn left_out(&self) {}
}

fn name(label: &str) -> String {
    label.to_owned()
}

#[cfg_attr(feature = "otel", traced::traced(kind = "producer"))]
fn sent(#[cfg_attr(feature = "otel", attribute)] id: u64) {
    Orders.left_out();
    event!("sent", id);
}
