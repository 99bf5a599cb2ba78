//! What arrives in an exporter: one module a topic, one question a test.

mod arguments;
mod attributes;
mod body;
mod cancellation;
mod carried;
mod concurrency;
mod console;
mod containers;
mod current;
mod drop_order;
mod errors;
mod inner;
mod panics;
mod propagation;
mod reentrancy;
mod shapes;
mod sizes;
mod torture;
mod unwind_safety;
mod values;
