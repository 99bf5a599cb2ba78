//! Around the process: from the environment to an installed provider, and back to an empty queue.

#[allow(dead_code, reason = "`init` is about to use it")]
mod export;
#[allow(dead_code, reason = "`init` is about to use it")]
mod guard;
#[cfg(feature = "logs")]
#[allow(dead_code, reason = "`init` is about to use it")]
pub mod logs;
#[allow(dead_code, reason = "`init` is about to use it")]
mod notice;
mod report;
#[allow(dead_code, reason = "`init` is about to use it")]
mod settings;

pub use self::guard::TelemetryGuard;
pub use self::report::{ExporterReport, Report};
