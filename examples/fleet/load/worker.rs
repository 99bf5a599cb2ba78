//! Packs orders and audits them in batches. A batch is a trace of its own, linked to the senders of
//! its messages.

use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use traced::{remote_span_context, traced};

use crate::wire::{self, Headers, Line};

/// The number of messages in a batch.
const BATCH: usize = 10;

pub(crate) fn run() -> io::Result<()> {
    let (to_audit, audited) = mpsc::channel();
    let auditor = thread::spawn(move || {
        let mut batch: Vec<Headers> = Vec::new();
        for headers in audited {
            batch.push(headers);
            if batch.len() == BATCH {
                audit(&std::mem::take(&mut batch));
            }
        }
        audit(&batch);
    });
    wire::serve(move || {
        let to_audit = to_audit.clone();
        Ok(move |_: &mut Line, headers: Headers, order| {
            process(&headers, order);
            let sent = to_audit.send(headers);
            sent.map_err(|_| io::Error::other("the auditor has ended"))
        })
    })?;
    // All senders are dropped with their connections, so the auditor's loop has ended or will end.
    let ended = auditor.join();
    ended.map_err(|_| io::Error::other("the auditor panicked"))
}

#[traced(name = "process parcels", kind = "consumer", extract = headers, attributes(order.id = order))]
fn process(headers: &Headers, order: u64) {
    pack(order);
}

#[traced]
fn pack(order: u64) {
    thread::sleep(Duration::from_millis(1 + order % 4));
}

#[traced(
    name = "process audit",
    kind = "consumer",
    links = batch.iter().filter_map(remote_span_context),
    attributes(messaging.batch.message_count = batch.len()),
)]
fn audit(batch: &[Headers]) {
    write(batch.len());
}

#[traced(name = "INSERT audit", kind = "client", attributes(db.system.name = "postgresql"))]
fn write(rows: usize) {
    thread::sleep(Duration::from_micros(100 * rows as u64));
}
