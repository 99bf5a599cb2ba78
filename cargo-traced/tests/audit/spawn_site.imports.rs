//! Spawners in a module that `use` renames with its `self`.

use tokio::task::{self as background, JoinSet};

async fn renamed(order: Order) {
    background::spawn(async move { info!("sent {order}") }); //~ spawn_site
    background::spawn_blocking(move || info!("written")).await; //~ spawn_site
}

fn main() {
    serve();
}
