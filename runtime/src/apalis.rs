//! Jobs of apalis in spans, on both sides (feature `apalis`).
//!
//! [`Traced`] around a storage sends jobs: each in a producer span, whose context is in the metadata of the job.
//! [`layer`] is for the worker: each attempt at a job is a consumer span, the child of the one that sent it.
//!
//! ```
//! use apalis_core::backend::TaskSink as _;
//! use apalis_core::backend::memory::MemoryStorage;
//! use apalis_core::worker::builder::WorkerBuilder;
//!
//! async fn deliver(address: String) { println!("mail to {address}") }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let mut emails = traced::apalis::Traced::new("emails", MemoryStorage::new());
//! emails.push("ada@example.org".to_owned()).await?;
//!
//! let worker = WorkerBuilder::new("mailer")
//!     .backend(emails)
//!     .layer(traced::apalis::layer("emails"))
//!     .build(deliver);
//! # drop(worker);
//! # Ok(())
//! # }
//! # drop(run());
//! ```
//!
//! An attempt that fails has its error on its span. The next attempt, by whichever worker of this process that has a
//! clone of the layer, is linked to it; both are children of the sender. A layer that retries belongs above this one
//! (before it in the builder), so that each attempt has a span.
//!
//! Spans are named `send emails` and `process emails`; arguments of jobs are not recorded.
//!
//! Specification: OpenTelemetry semantic conventions, *Messaging spans*.

mod attempts;
mod storage;
mod worker;

use apalis_core::task::ExecutionContext;

pub use self::storage::Traced;
pub use self::worker::{TaskFuture, Worker, WorkerLayer, layer};
use crate::attributes::Attributes;

/// Adds the attributes that the spans of both sides share.
fn add_job(queue: &str, job: &ExecutionContext, attributes: &mut Attributes) {
    attributes.literal("messaging.system", "apalis");
    attributes.value("messaging.destination.name", queue);
    attributes.value(
        "messaging.message.id",
        &job.task_id().map(ToString::to_string),
    );
}
