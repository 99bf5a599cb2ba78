//! A request and its response in one span, from the request's head to the end of the response's body.

#[cfg(feature = "tower")]
use opentelemetry::Context;
use opentelemetry::trace::{SpanKind, TraceContextExt as _};

use crate::attributes::Attributes;
use crate::failure::Failure;
use crate::future::SpanState;
#[cfg(feature = "tower")]
use crate::span::ActiveSpan;
use crate::span::Started;

/// The span of a request, and the state on which its end depends.
#[derive(Debug)]
pub(crate) struct Exchange {
    state: SpanState,
    pub(crate) kind: SpanKind,
    pub(crate) is_rpc: bool,
    /// Whether a failure was recorded, as `error.type` must not be set twice.
    failed: bool,
    /// Whether a cancelled request counts as failed.
    pub(crate) fails_cancelled: bool,
}

impl Exchange {
    pub(crate) fn new(started: Started, kind: SpanKind, is_rpc: bool) -> Self {
        Exchange {
            state: started.into(),
            kind,
            is_rpc,
            failed: false,
            fails_cancelled: false,
        }
    }

    /// An exchange without a span.
    pub(crate) fn without_span() -> Self {
        Exchange::new(Started::nothing(), SpanKind::Internal, false)
    }

    /// Takes the span out.
    #[must_use]
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Exchange::without_span())
    }

    /// The context with the span.
    #[cfg(feature = "tower")]
    pub(crate) fn context(&self) -> Option<&Context> {
        self.state.active().map(ActiveSpan::context)
    }

    /// Calls `run` with the span current; a panic in it fails and ends the span.
    pub(crate) fn enter<R>(&mut self, run: impl FnOnce() -> R) -> R {
        self.state.enter(run)
    }

    /// Sets attributes, if the span records.
    pub(crate) fn set(&self, fill: &mut dyn FnMut(&mut Attributes)) {
        let active = self.state.active();
        if let Some(active) = active.filter(|active| active.is_recording()) {
            let mut attributes = Attributes::default();
            fill(&mut attributes);
            active.context().span().set_attributes(attributes.values);
        }
    }

    /// Records the HTTP status of the response, and the failure if it is one.
    pub(crate) fn answered(&mut self, status: u16, failure: Option<Failure>) {
        // A gRPC server always answers 200; another status comes from an intermediary.
        if self.is_rpc && status == 200 {
            return;
        }
        self.set(&mut |attributes| attributes.value("http.response.status_code", &status));
        if let Some(failure) = failure {
            self.fail(failure);
        }
    }

    /// Records the status code and message of a gRPC call.
    #[cfg(feature = "tower")]
    pub(crate) fn rpc_answered(&mut self, code: i32, message: &str) {
        let Some(name) = crate::grpc::status_code_name(code) else {
            let unknown = code.to_string();
            self.set(&mut |attributes| attributes.value("rpc.status_code", &unknown));
            self.fail(Failure::new(unknown).with_message(message));
            return;
        };
        self.set(&mut |attributes| attributes.literal("rpc.status_code", name));
        let is_failure = match self.kind {
            SpanKind::Client => code != 0,
            _ => crate::grpc::is_fault_of_server(code),
        };
        if is_failure {
            self.fail(Failure::new(name).with_message(message));
        }
    }

    /// Records the first failure.
    pub(crate) fn fail(&mut self, failure: Failure) {
        if std::mem::replace(&mut self.failed, true) {
            return;
        }
        if let Some(active) = self.state.active() {
            active.record_failure(failure);
        }
    }

    /// Ends the span.
    pub(crate) fn end(&mut self) {
        self.state.succeed();
    }

    /// Whether dropping the body before its end cancels the request.
    ///
    /// A client need not read a body to its end, except that this cancels a gRPC call.
    pub(crate) fn is_cancelled_when_dropped(&self) -> bool {
        self.is_rpc || self.kind == SpanKind::Server
    }

    /// Drops the rest of the exchange in the span, and ends the span if it has not ended: as cancelled, unless the
    /// exchange `is_complete`.
    pub(crate) fn leave(&mut self, is_complete: bool, drop_inner: &mut dyn FnMut()) {
        match is_complete {
            true => self.state.leave_ended(drop_inner),
            false => {
                if self.fails_cancelled {
                    self.fail(Failure::new("cancelled"));
                }
                self.state.leave(drop_inner);
            }
        }
    }
}
