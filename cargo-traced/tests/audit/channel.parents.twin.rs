//! Handlers that say to which trace their message belongs, by itself or by what is made of it, and those with another
//! parent.

use tokio::sync::mpsc::{Receiver, Sender};

pub struct Order {
    sent_by: Vec<u8>,
}

pub struct Batch(Vec<u8>);
pub struct Refund(Vec<u8>);
pub struct Print(u64);

#[traced]
async fn place(orders: &Sender<Order>, batches: &Sender<Batch>, refunds: &Sender<Refund>, prints: &Sender<Print>) {
    orders.send(Order::new()).await;
    batches.send(Batch::new()).await;
    refunds.send(Refund::new()).await;
    prints.send(Print(0)).await;
}

async fn receive(mut orders: Receiver<Order>, mut batches: Receiver<Batch>) {
    while let Some(order) = orders.recv().await {
        let sender = decode(&order.sent_by);
        let parent = sender.context();
        ship(parent, order).await;
    }
    while let Some(batch) = batches.recv().await {
        work(batch).await;
    }
}

#[traced(kind = "consumer", parent = parent)]
async fn ship(parent: Context, order: Order) {}

#[traced(links = links_of(&batch.0))]
async fn work(batch: Batch) {}

async fn receive_more(mut refunds: Receiver<Refund>, mut prints: Receiver<Print>) {
    while let Some(refund) = refunds.recv().await {
        pay_back(refund.0.clone(), refund).await;
    }
    while let Some(print) = prints.recv().await {
        put(print).await;
    }
}

#[traced(extract = headers)]
async fn pay_back(headers: Vec<u8>, refund: Refund) {}

#[traced(root)]
async fn put(print: Print) {}

/// The parent is that of the shop.
pub struct Call(u64);
pub struct Note(u64);

#[traced]
async fn call(calls: &Sender<Call>, notes: &Sender<Note>) {
    calls.send(Call(0)).await; //~? channel
    notes.send(Note(0)).await; //~? channel
}

async fn take_calls(mut calls: Receiver<Call>, mut notes: Receiver<Note>, shop: Shop) {
    while let Some(call) = calls.recv().await {
        take(call, &shop).await;
    }
    while let Some(note) = notes.recv().await {
        shop.write(note).await;
    }
}

#[traced(parent = shop.context)]
async fn take(call: Call, shop: &Shop) {}

impl Shop {
    #[traced(links = self.links)]
    async fn write(&self, note: Note) {}
}

fn main() {
    serve();
}
