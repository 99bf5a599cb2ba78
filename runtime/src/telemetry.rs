//! Around the process: from the environment to an installed provider, and back to an empty queue
//! (feature `init`).
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
//! collector. Where nothing is said of exporters and endpoints, they are printed as trees on standard error if that is
//! a terminal; if not, one line on standard error says that nobody gets them. Standard output is the program's:
//! only `OTEL_TRACES_EXPORTER=console` prints there. `docs/variables.md` has all variables that count.
//! [`TelemetryBuilder`] is for what the program wants to say itself: **code beats the environment**.
//!
//! When the guard is dropped, what has ended is exported, and telemetry ends.
//!
//! # How the process ends
//!
//! By Ctrl-C or SIGTERM a process ends without dropping its guard. A program that handles them (axum's graceful
//! shutdown, `tokio::signal`) returns from `main`, and nothing is lost; one that does not turns on the feature
//! `signals` and writes
//! `traced::init!(TelemetryBuilder::default().flush_on_signals())?`. Before `std::process::exit`, and where the
//! guard is in a `static`, call [`flush`] or [`shutdown`]. `docs/process_life.md` has containers, `fork`,
//! `panic = "abort"`, AWS Lambda, and tests.
//!
//! # What the service is called
//!
//! `service.name` is what code says, else what `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` says.
//! A function cannot see who calls it, so [`init`] does not know your package unless Cargo runs it
//! (`cargo run`, `cargo test`): the service is then called `unknown_service:` and the executable, as
//! the specification asks. [`init!`](crate::init!) is a macro, sees it, and is otherwise the same:
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
//! A variable that cannot be read is reported once on stderr, with what to write, and counts as unset;
//! so is one with an `https` endpoint while the feature `tls` is off. Spans then go where the specification's
//! default sends them: a mistake never brings trees to a terminal. What is wrong in code is an
//! [`InitError`]. So is a file of certificates or of a key that cannot be read, whoever names it: to go
//! on without it would be to trust, or to be, somebody else.
//!
//! Specification: OpenTelemetry, *Environment Variable Specification*; *Tracing SDK*.

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

/// Installs telemetry for the whole process as the environment asks for, and keeps it until the
/// guard is dropped.
///
/// The same as `TelemetryBuilder::default().init()`; see [`telemetry`](self) for the settings.
/// [`init!`](crate::init!) also knows your package.
///
/// # Errors
///
/// [`InitError`]: there is telemetry in this process already, a file of certificates or of a key
/// cannot be read, or the operating system gives no thread.
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
/// `service.version` where neither the builder nor the environment names them.
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
/// With a [`TelemetryBuilder`](crate::telemetry::TelemetryBuilder), it installs what the builder says:
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
