//! Receivers whose types are seen through locks, fields and what the function makes.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::sync::mpsc::{self, Receiver, Sender};

struct Order;
struct Mail;

#[derive(Clone)]
struct Pool {
    orders: Arc<Mutex<Receiver<Order>>>,
}

#[traced]
async fn place(orders: &Sender<Order>, mails: &Sender<Mail>) {
    orders.send(Order).await; //~ channel
    mails.send(Mail).await; //~ channel
}

async fn work(pool: Pool) {
    while let Some(order) = pool.orders.lock().await.recv().await {
        ship(order).await;
    }
}

#[traced]
async fn ship(order: Order) {}

async fn start() {
    let (mails, mut queue) = mpsc::channel(8);
    serve(mails);
    while let Some(mail) = queue.recv().await {
        deliver(mail).await;
    }
}

#[traced]
async fn deliver(mail: Mail) {}

fn main() {
    serve();
}
