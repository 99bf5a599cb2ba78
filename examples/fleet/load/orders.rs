//! Takes an order from the gateway, charges for it, and tells the worker.
//!
//! One order in 20 is refused and one in 25 is slow. The order's number decides, so every run makes
//! the same traces.

use std::io;
use std::thread;
use std::time::Duration;

use thiserror::Error;
use traced::traced;

use crate::wire::{self, Answer, Headers, Line, Message};

/// Longer than the deciders' threshold for slow traces.
const SLOW: Duration = Duration::from_millis(800);

#[derive(Debug, Error)]
enum PlaceError {
    #[error("the card was declined")]
    Declined,
    #[error("nobody packs")]
    Nobody(#[from] io::Error),
}

pub(crate) fn run(worker: &str) -> io::Result<()> {
    let address = worker.to_owned();
    wire::serve(move || {
        let mut worker = Line::to(&address)?;
        Ok(move |gateway: &mut Line, headers: Headers, order| {
            let answer = match place(&mut worker, &headers, order) {
                Ok(()) => Answer::Taken,
                Err(PlaceError::Declined) => Answer::Refused,
                Err(PlaceError::Nobody(error)) => return Err(error),
            };
            gateway.send(&answer)
        })
    })?;
    Line::to(worker)?.send(&Message::Stop)
}

#[traced(name = "Orders/Place", kind = "server", extract = headers, attributes(order.id = order))]
fn place(worker: &mut Line, headers: &Headers, order: u64) -> Result<(), PlaceError> {
    reserve(order);
    charge(order)?;
    Ok(send(worker, order, Headers::new())?)
}

#[traced(name = "UPDATE products", kind = "client", attributes(db.system.name = "postgresql"))]
fn reserve(order: u64) {
    thread::sleep(Duration::from_millis(1 + order % 2));
}

#[traced(attributes(order.id = order))]
fn charge(order: u64) -> Result<(), PlaceError> {
    if order % 25 == 3 {
        traced::event!("card.slow", order.id = order);
        thread::sleep(SLOW);
    }
    if order % 20 == 7 {
        return Err(PlaceError::Declined);
    }
    Ok(())
}

#[traced(name = "send parcels", kind = "producer", inject = &mut headers)]
fn send(worker: &mut Line, order: u64, mut headers: Headers) -> io::Result<()> {
    worker.send(&Message::Order { headers, order })
}
