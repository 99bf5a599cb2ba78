//! A variable that is spawned has the name of one that takes nothing along, in another branch or later.

fn in_another_branch(order: Order) {
    if order.is_urgent {
        let task = traced::carry(send(order));
        tokio::spawn(task);
    } else {
        let task = send(order);
        task.await;
    }
}

fn later(order: Order) {
    let task = send(order);
    let task = traced::carry(task);
    tokio::spawn(task);
    let task = send(order);
    task.await;
}

async fn send(order: Order) {
    info!("{order}");
}

fn main() {
    serve();
}
