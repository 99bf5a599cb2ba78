//! The two signals that are exported, and their variables.

use super::environment::Environment;
use super::variables::{OTLP_ENDPOINT, PerSignal, Variable};

/// A signal of OpenTelemetry that is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Traces,
    #[cfg_attr(not(feature = "logs"), allow(dead_code, reason = "there are none"))]
    Logs,
}

impl Signal {
    pub(super) fn path(self) -> &'static str {
        match self {
            Signal::Traces => "/v1/traces",
            Signal::Logs => "/v1/logs",
        }
    }

    pub(super) fn variable(self, variables: &'static PerSignal) -> &'static Variable {
        match self {
            Signal::Traces => &variables.traces,
            Signal::Logs => &variables.logs,
        }
    }
}

/// Whether the environment sets an endpoint for this signal, even an invalid one.
pub(super) fn names_endpoint(environment: &Environment, signal: Signal) -> bool {
    environment.is_set(signal.variable(&OTLP_ENDPOINT))
        || environment.is_set(&OTLP_ENDPOINT.general)
}
