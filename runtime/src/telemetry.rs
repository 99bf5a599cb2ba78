//! Installs telemetry for the process, from the environment or code, and shuts it down (feature `init`).
//!
//! ```no_run
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let _telemetry = traced::init()?;
//!     // ... the program ...
//!     Ok(())
//! }
//! ```
//!
//! An endpoint in the environment (`OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318`) sends spans to a
//! collector. If neither an exporter nor an endpoint is set, spans are printed as trees on standard error if that is
//! a terminal; otherwise one line on standard error says that they are not exported. Nothing is printed on standard
//! output except with `OTEL_TRACES_EXPORTER=console`. `docs/variables.md` lists all variables.
//! [`TelemetryBuilder`] is for settings in code: **code beats the environment**.
//!
//! When the guard is dropped, ended spans are exported, and telemetry ends.
//!
//! # How the process ends
//!
//! Ctrl-C or SIGTERM ends a process without dropping its guard. A program that handles them (axum's graceful
//! shutdown, `tokio::signal`) returns from `main`, and nothing is lost. For a program that does not, turn on the
//! feature `signals` and write
//! `traced::init!(TelemetryBuilder::default().flush_on_signals())?`. Before `std::process::exit`, and if the
//! guard is in a `static`, call [`flush`] or [`shutdown`]. `docs/process_life.md` describes containers, `fork`,
//! `panic = "abort"`, AWS Lambda, and tests.
//!
//! # The name of the service
//!
//! `service.name` is set in code, or else by `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES`.
//! The function [`init`] knows your package only if Cargo runs the program
//! (`cargo run`, `cargo test`); otherwise the name is `unknown_service:` with the name of the executable, as
//! the specification requires. The macro [`init!`](crate::init!) knows it at compile time, and is otherwise the same:
//!
//! ```no_run
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let _telemetry = traced::init!()?; // `service.name` and `service.version` from Cargo.toml
//!     Ok(())
//! }
//! ```
//!
//! # Mistakes
//!
//! A variable with an invalid value is reported once on stderr, with a valid form, and counts as unset. So does an
//! `https` endpoint if the feature `tls` is off. Spans then go to the specification's default: a mistake never
//! causes trees on a terminal. A mistake in code is an
//! [`InitError`]. So is a file of certificates or of a key that cannot be read, in code or in a variable, as
//! continuing without it would be insecure.
//!
//! Specification: OpenTelemetry, *Environment Variable Specification*; *Tracing SDK*.

// A variable on its way to the exporter that uses its setting, from `build` in install.rs:
//
// variables.rs (its name) ─► environment.rs (its value) ─► batch.rs, limits.rs, otlp/resolve.rs, ..
//                                                            │ code, else the value, else the default
//                                                            ▼
// recorder/sink.rs (the queue's size) ◄─┐
// export/client.rs (the endpoint) ◄─────┼─ export/exporting.rs ◄─ install/exporters.rs ◄─ settings.rs
// export/worker.rs (the delay) ◄────────┘

mod baggage;
mod batch;
mod builder;
mod code;
#[cfg(feature = "config-file")]
mod config_file;
#[cfg(any(target_os = "linux", all(feature = "signals", unix)))]
mod dispositions;
mod endpoint;
mod environment;
mod error;
mod export;
mod exporters;
mod guard;
mod ids;
mod install;
mod limits;
#[cfg(feature = "logs")]
mod log_records;
#[cfg(feature = "logs")]
#[doc(hidden)]
pub mod logs;
mod looking;
#[cfg(feature = "metrics")]
mod metrics;
mod otlp;
mod otlp_file;
#[cfg(feature = "logs")]
mod page_records;
mod pairs;
mod propagators;
mod provider;
mod report;
mod resource;
mod running;
mod sampler;
mod settings;
mod signal;
#[cfg(all(feature = "signals", unix))]
mod signals;
#[cfg(target_os = "linux")]
mod unhandled;
mod variables;
mod watch;

pub use self::baggage::BaggageProcessor;
pub use self::batch::Batch;
pub use self::builder::TelemetryBuilder;
#[cfg(feature = "config-file")]
pub use self::config_file::ConfigFileError;
pub use self::error::InitError;
#[cfg(test)]
pub(crate) use self::export::to_json;
pub use self::guard::{TelemetryGuard, flush, shutdown};
pub use self::limits::Limits;
#[cfg(feature = "logs")]
pub use self::log_records::LogRecords;
pub use self::otlp::Otlp;
pub use self::otlp_file::OtlpFile;
pub use self::propagators::Propagator;
pub use self::report::{ExporterReport, Report};
pub use self::settings::{Compression, Protocol};
pub use crate::lifetimes::{LongLived, LongLivedKind};
pub use crate::probability::ProbabilitySampler;

/// Installs telemetry for the whole process, with the settings of the environment, until the
/// guard is dropped.
///
/// The same as `TelemetryBuilder::default().init()`; see [`telemetry`](self) for the settings.
/// [`init!`](crate::init!) also knows your package.
///
/// # Errors
///
/// [`InitError`]: telemetry is already installed in this process, a file of certificates or of a key
/// cannot be read, or the operating system cannot create a thread.
///
/// ```no_run
/// fn main() -> Result<(), traced::telemetry::InitError> {
///     let _telemetry = traced::init()?;
///     // ... the program ...
///     Ok(())
/// }
/// ```
pub fn init() -> Result<TelemetryGuard, InitError> {
    TelemetryBuilder::default().init()
}

/// [`init`](fn@crate::init) with the name and the version of your package, for `service.name` and
/// `service.version` if neither the builder nor the environment sets them.
///
/// ```no_run
/// use traced::telemetry::InitError;
///
/// fn main() -> Result<(), InitError> {
///     let _telemetry = traced::init!()?;
///     // ... the program ...
///     Ok(())
/// }
/// ```
///
/// With a [`TelemetryBuilder`](crate::telemetry::TelemetryBuilder):
///
/// ```no_run
/// use traced::telemetry::{InitError, TelemetryBuilder};
///
/// fn main() -> Result<(), InitError> {
///     let _telemetry = traced::init!(TelemetryBuilder::default().deployment_environment("staging"))?;
///     // ... the program ...
///     Ok(())
/// }
/// ```
#[macro_export]
macro_rules! init {
    () => {
        $crate::init!($crate::telemetry::TelemetryBuilder::default())
    };
    ($builder:expr $(,)?) => {
        $crate::telemetry::TelemetryBuilder::package(
            $builder,
            ::core::env!("CARGO_PKG_NAME"),
            ::core::env!("CARGO_PKG_VERSION"),
        )
        .init()
    };
}
