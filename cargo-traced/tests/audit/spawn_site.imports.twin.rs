//! A function of the program has the name that a spawner had before it was renamed.

use tokio::spawn as start;

fn spawn(task: impl Future) {
    start(task);
}

async fn renamed(order: Order) {
    spawn(async move { info!("sent {order}") });
}

fn main() {
    serve();
}
