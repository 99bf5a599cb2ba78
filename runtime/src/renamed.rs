//! Former names, so that programs written against them still compile.

#![allow(deprecated, reason = "a former name may name another one")]

#[cfg(feature = "init")]
mod telemetry {
    use crate::telemetry::TelemetryBuilder;

    #[deprecated(note = "use `traced::telemetry::InitError`")]
    #[doc(hidden)]
    pub type InitError = crate::telemetry::InitError;

    #[deprecated(note = "use `traced::telemetry::TelemetryGuard`")]
    #[doc(hidden)]
    pub type TelemetryGuard = crate::telemetry::TelemetryGuard;

    #[deprecated(note = "use `traced::telemetry::Report`")]
    #[doc(hidden)]
    pub type Report = crate::telemetry::Report;

    #[deprecated(note = "use `traced::telemetry::ExporterReport`")]
    #[doc(hidden)]
    pub type ExporterReport = crate::telemetry::ExporterReport;

    #[deprecated(note = "use `traced::telemetry::TelemetryBuilder`")]
    #[doc(hidden)]
    #[derive(Debug)]
    pub struct Telemetry;

    impl Telemetry {
        /// A builder that leaves everything to the environment.
        #[deprecated(note = "use `TelemetryBuilder::default()`")]
        pub fn builder() -> TelemetryBuilder {
            TelemetryBuilder::default()
        }
    }

    #[deprecated(note = "use `traced::init!(TelemetryBuilder::default())`")]
    #[doc(hidden)]
    #[macro_export]
    macro_rules! telemetry {
        () => {
            $crate::telemetry::TelemetryBuilder::default().package(
                ::core::env!("CARGO_PKG_NAME"),
                ::core::env!("CARGO_PKG_VERSION"),
            )
        };
    }
}

#[cfg(feature = "init")]
pub use self::telemetry::{ExporterReport, InitError, Report, Telemetry, TelemetryGuard};
