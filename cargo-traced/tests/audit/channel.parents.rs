//! Handlers whose attributes have a word of parents in other places.

use tokio::sync::mpsc::{Receiver, Sender};

pub struct Order {
    parent_order: u64,
}

pub struct Folder {
    root: String,
}

#[traced]
async fn place(orders: &Sender<Order>, folders: &Sender<Folder>) {
    orders.send(Order::new()).await; //~ channel
    folders.send(Folder::new()).await; //~ channel
}

async fn receive(mut orders: Receiver<Order>, mut folders: Receiver<Folder>) {
    while let Some(order) = orders.recv().await {
        ship(&order).await;
    }
    while let Some(folder) = folders.recv().await {
        read(folder).await;
    }
}

#[traced(attributes(parent = order.parent_order))]
async fn ship(order: &Order) {}

#[traced(attributes(folder = %folder.root, links = links(root)))]
async fn read(folder: Folder) {}

fn main() {
    serve();
}
