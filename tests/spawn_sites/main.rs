//! One test a spawn site and spelling: is the unit under the span that spawned it?
//!
//! Each body is that of an annotated function, run on a runtime of one thread
//! and on one of many; `docs/spawn_sites.md` lists the bodies, word by word.

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
