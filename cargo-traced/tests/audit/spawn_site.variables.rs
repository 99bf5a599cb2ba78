//! A variable that is spawned has the name of another one: in its own value, in another branch, or later.

fn in_its_own_value<F: Future>(order: Order, sending: F) {
    let sending = async move {
        sending.await;
        info!("{order}");
    };
    tokio::spawn(sending); //~ spawn_site
}

fn in_another_branch(order: Order) {
    if order.is_urgent {
        let task = send(order);
        tokio::spawn(task); //~ spawn_site
    } else {
        let task = traced::carry(send(order));
        tokio::spawn(task);
    }
}

fn later(order: Order) {
    let task = send(order);
    tokio::spawn(task); //~ spawn_site
    let task = traced::carry(send(order));
    tokio::spawn(task);
}

async fn send(order: Order) {
    info!("{order}");
}

fn main() {
    serve();
}
