//! A collector for tests: it takes spans and log records over gRPC, HTTP/protobuf and HTTP/JSON on
//! one port, keeps them undecoded where a test asks for that, and plays faults.

/// The spans of the example `otlp`, as they have to arrive.
pub mod example;
mod grpc;
mod http;
mod records;
mod refusal;
mod scripted;
mod serve;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::sync::mpsc::UnboundedSender;

pub use self::records::ReceivedRecord;
use self::refusal::Refusal;
pub use self::scripted::{Script, Scripted, Seen as SeenRequest};
pub use self::serve::{Identity, Receiver};

/// A fault of the collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No fault.
    Healthy,
    /// Nobody listens on the port.
    Refused,
    /// No request is answered.
    Hanging,
    /// HTTP 503, gRPC `UNAVAILABLE`.
    Unavailable,
    /// One span of each request is rejected.
    Partial,
    /// The collector takes the first request and ends in the middle of the second.
    Killed,
    /// HTTP 400, gRPC `INVALID_ARGUMENT`; the message quotes the value of a header.
    Invalid,
    /// HTTP 429 with `Retry-After: 0`, gRPC `UNAVAILABLE`, for the first request; then no fault.
    Throttled,
    /// The first request of each signal is answered with this HTTP status and this `Retry-After`,
    /// over gRPC with `UNAVAILABLE` and a `RetryInfo` of as many seconds; then no fault.
    Busy(u16, &'static str),
    /// As `Busy`, for every request.
    AlwaysBusy(u16, &'static str),
    /// Requests larger than this, in bytes before compression, are answered with HTTP 413, over
    /// gRPC with this code and the message that gRPC for Go writes.
    Small(usize, tonic::Code),
}

/// A span, with the resource, scope and headers it arrived with.
#[derive(Debug, Clone)]
pub struct Received {
    /// The protocol, as `OTEL_EXPORTER_OTLP_PROTOCOL` calls it.
    pub via: &'static str,
    /// The headers, or the metadata, of the request.
    pub headers: BTreeMap<String, String>,
    /// The resource of the process that sent it.
    pub resource: Resource,
    /// The schema of the resource.
    pub resource_schema: String,
    /// The scope that made the span.
    pub scope: InstrumentationScope,
    /// The schema of the scope.
    pub scope_schema: String,
    /// The span.
    pub span: Span,
}

/// State that all handlers share.
#[derive(Debug, Clone)]
struct State {
    fault: Fault,
    seen: Arc<Mutex<Seen>>,
    kill: UnboundedSender<()>,
}

#[derive(Debug, Default)]
struct Seen {
    requests: u64,
    /// The number of requests with log records.
    record_requests: u64,
    /// The arrival of each request of either signal, and its bytes before compression.
    arrivals: Vec<(Instant, usize)>,
    /// The spans of accepted requests, without rejected ones.
    spans: Vec<Received>,
    /// The log records of accepted requests, without rejected ones.
    records: Vec<ReceivedRecord>,
}

/// The answer to a request.
enum Answer {
    Taken(ExportTraceServiceResponse),
    Unavailable,
    Throttled,
    /// Invalid, with this message.
    Invalid(String),
    Refused(Refusal),
}

impl State {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    async fn answer(
        &self,
        via: &'static str,
        headers: BTreeMap<String, String>,
        request: ExportTraceServiceRequest,
        bytes: usize,
    ) -> Answer {
        let requests = {
            let mut seen = self.seen();
            seen.requests += 1;
            seen.arrivals.push((Instant::now(), bytes));
            seen.requests
        };
        if let Some(refusal) = self.refusal(requests, bytes) {
            return Answer::Refused(refusal);
        }
        match self.fault {
            Fault::Refused => unreachable!("nobody listens"),
            Fault::Hanging => std::future::pending().await,
            Fault::Unavailable => Answer::Unavailable,
            Fault::Invalid => {
                let secret = headers.get("authorization").cloned().unwrap_or_default();
                Answer::Invalid(format!("the token {secret} is stale"))
            }
            Fault::Throttled if requests == 1 => Answer::Throttled,
            Fault::Killed if requests > 1 => {
                self.kill.send(()).unwrap();
                std::future::pending().await
            }
            Fault::Healthy
            | Fault::Killed
            | Fault::Throttled
            | Fault::Busy(..)
            | Fault::AlwaysBusy(..)
            | Fault::Small(..) => {
                self.keep(via, headers, request, 0);
                Answer::Taken(ExportTraceServiceResponse::default())
            }
            Fault::Partial => {
                self.keep(via, headers, request, 1);
                Answer::Taken(ExportTraceServiceResponse {
                    partial_success: Some(ExportTracePartialSuccess {
                        rejected_spans: 1,
                        error_message: "one too many".into(),
                    }),
                })
            }
        }
    }

    fn keep(
        &self,
        via: &'static str,
        headers: BTreeMap<String, String>,
        request: ExportTraceServiceRequest,
        rejected: usize,
    ) {
        let mut received = Vec::new();
        for resource in request.resource_spans {
            for scope in resource.scope_spans {
                received.extend(scope.spans.into_iter().map(|span| Received {
                    via,
                    headers: headers.clone(),
                    resource: resource.resource.clone().unwrap_or_default(),
                    resource_schema: resource.schema_url.clone(),
                    scope: scope.scope.clone().unwrap_or_default(),
                    scope_schema: scope.schema_url.clone(),
                    span,
                }));
            }
        }
        received.truncate(received.len() - rejected);
        self.seen().spans.extend(received);
    }
}

impl Receiver {
    /// The URL of the collector, with scheme `http` or `https`.
    pub fn endpoint(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        let SocketAddr::V4(address) = self.address else {
            unreachable!("it listens on 127.0.0.1")
        };
        format!("{scheme}://localhost:{}", address.port())
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The number of requests so far.
    pub fn requests(&self) -> u64 {
        self.state.seen().requests
    }

    /// The accepted spans, in the order of arrival.
    pub fn spans(&self) -> Vec<Received> {
        self.state.seen().spans.clone()
    }

    /// The accepted log records, in the order of arrival.
    pub fn records(&self) -> Vec<ReceivedRecord> {
        self.state.seen().records.clone()
    }

    /// The size of each request of either signal, in bytes before compression.
    pub fn sizes(&self) -> Vec<usize> {
        let seen = self.state.seen();
        seen.arrivals.iter().map(|(_, bytes)| *bytes).collect()
    }

    /// The time from each request to the next one, of either signal.
    pub fn gaps(&self) -> Vec<Duration> {
        let seen = self.state.seen();
        let pairs = seen.arrivals.windows(2);
        pairs.map(|pair| pair[1].0 - pair[0].0).collect()
    }

    /// Waits until this many spans and log records were accepted.
    ///
    /// # Panics
    ///
    /// If that takes more than two minutes.
    #[track_caller]
    pub fn wait_for(&self, spans: usize, records: usize) {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let seen = self.state.seen();
            if seen.spans.len() >= spans && seen.records.len() >= records {
                return;
            }
            let (here, there) = (seen.spans.len(), seen.records.len());
            drop(seen);
            assert!(
                Instant::now() < deadline,
                "{here} spans, {there} log records"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The number of accepted spans.
    pub fn count(&self) -> u64 {
        self.state.seen().spans.len() as u64
    }
}
