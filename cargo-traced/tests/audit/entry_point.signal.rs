//! A signal ends the work early; no loop waits for more.

use tokio::signal::unix::{SignalKind, signal};

async fn main() { //~ entry_point
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    tokio::select! {
        _ = import() => {}
        _ = terminate.recv() => info!("ended"),
    }
}

async fn import() {
    info!("imported");
}
