//! Exports spans and log records, on one thread with a runtime of its own and a worker for each exporter.
//!
//! ```text
//! span ends ─► slot of the thread ─ ─ (thread `traced-export`) ─ ─► Worker ─► OtlpExporter ─► http / grpc
//!                  └───────────── counts, read by the guard ◄─────────┘
//! ```
//!
//! The application's runtime is never used: there may be none, it may not be driven while the
//! guard is dropped, or it may have been dropped. The runtime here is driven all the time, so that
//! connections stay open between exports.

mod answer;
#[cfg(feature = "metrics")]
mod causes;
mod client;
#[cfg(feature = "metrics")]
mod component;
mod connect;
mod deadline;
mod error;
mod exporting;
mod full_queue;
mod grpc;
mod http;
mod json;
mod lines;
#[cfg(feature = "logs")]
mod log_processor;
#[cfg(feature = "logs")]
mod log_records;
mod otlp_exporter;
mod outage;
mod pipeline;
#[cfg(any(feature = "logs", test))]
mod queue;
mod queue_handle;
mod report_failure;
mod retry;
mod rpc_status;
mod send_error;
mod signal;
mod source;
mod span_processor;
mod spans;
#[cfg(feature = "tls")]
mod tls;
mod user_exporter;
mod worker;

pub(crate) use self::deadline::{DEFAULT_DEADLINE, after};
pub(crate) use self::exporting::Exporting;
#[cfg(any(feature = "logs", test))]
pub(crate) use self::json::to_text as to_json;
#[cfg(feature = "logs")]
pub(crate) use self::log_records::Record;
#[cfg(feature = "metrics")]
pub(crate) use self::pipeline::Measured;
pub(crate) use self::signal::Finish;
pub(crate) use self::span_processor::BatchedSpans;
