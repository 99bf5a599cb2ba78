//! Does a collector get the spans, and is the report true? Each program is a process, and each
//! collector a receiver of the package `receiver`.

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
