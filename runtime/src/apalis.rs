//! Jobs of apalis in spans, where they are sent and where they are processed (feature `apalis`).
//!
//! A [`Traced`] storage sends each job in a producer span, whose context is in the metadata of the job.
//! [`layer`] is for the worker: each attempt at a job is in a consumer span, a child of the producer span.
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
//! The error of a failed attempt is recorded on its span. The next attempt is linked to it, if a worker of this process
//! with a clone of the layer makes it; both are children of the producer span. Put a layer that retries before this
//! one in the builder, so that each attempt has a span.
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

/// Adds the attributes that producer and consumer spans share.
fn add_job(queue: &str, job: &ExecutionContext, attributes: &mut Attributes) {
    attributes.literal("messaging.system", "apalis");
    attributes.value("messaging.destination.name", queue);
    attributes.value(
        "messaging.message.id",
        &job.task_id().map(ToString::to_string),
    );
}
