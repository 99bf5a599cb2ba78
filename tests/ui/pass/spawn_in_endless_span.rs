//! Tasks of an endless loop that are not in its trace.
#![deny(warnings)]

use traced::{traced, traced_spawn};

async fn next() -> u8 {
    1
}

#[traced(root)]
async fn handle(_connection: u8) {}

#[traced(allow(endless_span))]
async fn serve() {
    loop {
        #[traced_spawn(detached)]
        tokio::spawn(handle(next().await));
        #[traced_spawn(link)]
        let task = tokio::spawn(handle(next().await));
        drop(task);
        let mut child = std::process::Command::new("true");
        drop(child.spawn());
    }
}

#[traced(allow(endless_span, spawn_in_endless_span))]
async fn allowed() {
    loop {
        tokio::spawn(handle(next().await));
    }
}

#[traced(allow(endless_span), spawn = false)]
async fn carries_nothing() {
    loop {
        tokio::spawn(handle(next().await));
    }
}

fn main() {
    drop((serve(), allowed(), carries_nothing()));
}
