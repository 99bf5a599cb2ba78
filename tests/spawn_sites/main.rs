//! For each spawner and each spelling, the span of the unit is a child of the span that spawned it.
//!
//! Each body is that of an annotated function, which runs on a runtime of one thread and on one of many. The table of
//! `docs/spawn_sites.md` is written from these bodies.

mod support;

mod annotated;
mod async_std;
mod axum;
mod cells;
mod channels;
mod clean;
mod crossbeam;
mod executors;
mod forms;
mod futures;
mod lookalikes;
mod rayon;
mod smol;
mod standard;
mod stress;
mod table;
mod tokio;
mod tokio_util;
