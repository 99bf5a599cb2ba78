//! What arrives at a collector, and whether the report says so: each program is a process of its
//! own, each collector one of `receiver.rs`.

mod child;
mod company;
mod exits;
mod load;
mod matrix;
mod messages;
mod records;
mod retries;
#[cfg(unix)]
mod signals;
mod tls;
mod wire;
