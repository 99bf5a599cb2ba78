//! Polls until it is told to end: no span should be around that.

use tokio::signal::unix::{SignalKind, signal};

async fn main() { //~? entry_point
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    loop {
        tokio::select! {
            _ = interval.tick() => poll().await,
            _ = terminate.recv() => break,
        }
    }
}

async fn poll() {
    info!("polling");
}
