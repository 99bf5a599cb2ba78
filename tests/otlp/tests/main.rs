//! What arrives at a collector, and whether the report says so: each program is a process of its
//! own, each collector one of `receiver.rs`.

mod answers;
mod child;
mod company;
mod delays;
mod exits;
mod load;
mod matrix;
mod messages;
mod numbers;
mod own;
mod pauses;
mod records;
mod retries;
mod routes;
#[cfg(unix)]
mod signals;
mod sizes;
mod tls;
mod wire;
