//! Names that the public API had before its first release, each as a deprecated alias.

#![allow(deprecated, reason = "a former name may name another one")]

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{Debug, Display};

use opentelemetry::trace::SpanContext;

use crate::failure::Failure;
use crate::propagation::Carrier;

#[deprecated(note = "renamed to `CurrentSpan`")]
#[doc(hidden)]
pub type Current = crate::current_span::CurrentSpan;

#[doc(hidden)]
pub use crate::links::ToLink as IntoLink;

#[deprecated(note = "renamed to `refresh_tracer_provider`")]
#[doc(hidden)]
pub fn refresh() {
    crate::provider::refresh_tracer_provider();
}

#[deprecated(note = "renamed to `remote_span_context`")]
#[doc(hidden)]
pub fn sender<C: Carrier + ?Sized>(carrier: &C) -> Option<SpanContext> {
    crate::propagation::remote_span_context(carrier)
}

#[doc(hidden)]
impl Failure {
    #[deprecated(note = "renamed to `from_error`")]
    pub fn of_error<E: Error + ?Sized>(error: &E) -> Self {
        Failure::from_error(error)
    }

    #[deprecated(note = "renamed to `from_display`")]
    pub fn of_display<E: Display + ?Sized>(error: &E) -> Self {
        Failure::from_display(error)
    }

    #[deprecated(note = "renamed to `from_debug`")]
    pub fn of_debug<E: Debug + ?Sized>(error: &E) -> Self {
        Failure::from_debug(error)
    }

    #[deprecated(note = "renamed to `from_type`")]
    pub fn of_type<E: ?Sized>() -> Self {
        Failure::from_type::<E>()
    }

    #[deprecated(note = "renamed to `with_error_type`")]
    #[must_use]
    pub fn of_type_named(self, error_type: impl Into<Cow<'static, str>>) -> Self {
        self.with_error_type(error_type)
    }

    #[deprecated(note = "renamed to `with_message`")]
    #[must_use]
    pub fn description(self, message: impl Into<String>) -> Self {
        self.with_message(message)
    }
}

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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn old_names_do_what_the_new_names_do() {
        let error = "x".parse::<u8>().unwrap_err();
        let failures = [
            (Failure::of_error(&error), Failure::from_error(&error)),
            (Failure::of_display("no"), Failure::from_display("no")),
            (Failure::of_debug(&7), Failure::from_debug(&7)),
            (Failure::of_type::<u8>(), Failure::from_type::<u8>()),
            (
                Failure::new("a").of_type_named("b").description("c"),
                Failure::new("a").with_error_type("b").with_message("c"),
            ),
        ];
        for (old, new) in failures {
            assert_eq!(old.message(), new.message());
            assert_eq!(old.error_type(), new.error_type());
        }
        assert_eq!(sender(&HashMap::<String, String>::new()), None);
        let current: Current = crate::current();
        assert!(!current.is_recording());
    }
}
