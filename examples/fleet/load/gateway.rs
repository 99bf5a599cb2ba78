//! Takes orders from the public, and asks `orders` for each.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;
use traced::traced;

use crate::wire::{Answer, Headers, Line, Message};

/// The number of concurrent customers.
const CUSTOMERS: u64 = 8;

#[derive(Debug, Error)]
enum OrderError {
    #[error("the order was refused")]
    Refused,
    #[error("nobody answers")]
    Nobody(#[from] io::Error),
}

/// Sends `count` orders, `rate` a second. When all are answered, tells the other processes to stop.
pub(crate) fn run(orders: &str, count: u64, rate: u64) -> io::Result<()> {
    let begin = Instant::now();
    let customers = (0..CUSTOMERS).map(|customer| {
        let orders = orders.to_owned();
        thread::spawn(move || {
            let mut orders = Line::to(&orders)?;
            for order in (customer..count).step_by(CUSTOMERS as usize) {
                let due = begin + Duration::from_millis(order * 1_000 / rate);
                thread::sleep(due.saturating_duration_since(Instant::now()));
                match take(&mut orders, order) {
                    Ok(()) | Err(OrderError::Refused) => {}
                    Err(OrderError::Nobody(error)) => return Err(error),
                }
            }
            Ok(())
        })
    });
    for customer in customers.collect::<Vec<_>>() {
        let result = customer.join();
        result.map_err(|_| io::Error::other("a customer panicked"))??;
    }
    Line::to(orders)?.send(&Message::Stop)
}

#[traced(name = "POST /orders", kind = "server", attributes(
    http.request.method = "POST",
    http.route = "/orders",
    order.id = order,
))]
fn take(orders: &mut Line, order: u64) -> Result<(), OrderError> {
    validate(order);
    place(orders, order, Headers::new())
}

#[traced(attributes(order.id = order))]
fn validate(order: u64) {
    thread::sleep(Duration::from_millis(1 + order % 3));
}

#[traced(name = "Orders/Place", kind = "client", inject = &mut headers)]
fn place(orders: &mut Line, order: u64, mut headers: Headers) -> Result<(), OrderError> {
    orders.send(&Message::Order { headers, order })?;
    match orders.receive()? {
        Some(Answer::Taken) => Ok(()),
        Some(Answer::Refused) => Err(OrderError::Refused),
        None => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
    }
}
