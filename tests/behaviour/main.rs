//! What arrives in an exporter: one module a topic, one question a test.

mod arguments;
mod attributes;
mod cancellation;
mod concurrency;
mod conditional;
mod console;
mod containers;
mod current;
mod current_span;
mod drop_order;
mod errors;
mod fail_if;
mod grouped;
mod names;
mod nested_spans;
mod on_the_sdk;
mod panics;
mod propagation;
mod reentrancy;
mod regressions;
mod return_types;
mod sizes;
mod spawned_tasks;
mod streams;
mod unwind_safety;
mod values;
