//! What becomes of spans when a process ends, forks or is signalled?
#![cfg(unix)]

#[path = "../logs/collector.rs"]
#[allow(dead_code)] // Here nobody asks for log records.
mod collector;
mod ends;
mod forks;
mod page;
mod program;
mod signals;
