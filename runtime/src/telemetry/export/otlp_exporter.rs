//! An OTLP exporter: encodes a batch, sends it, retries, and reports each problem once.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flate2::write::GzEncoder;
use tokio::time::{Instant, timeout_at};

use super::client::{Client, Target, client};
use super::deadline::after;
use super::error::ExportError;
use super::report_failure::FailureReporter;
use super::retry::{Attempt, Backoff};
use super::send_error::{Accepted, Retry, SendError, SendErrorKind};
use super::signal::{BatchOf, Format, OtlpSignal};
use super::source::QueueStats;
use super::worker::{Destination, Progress};
use super::{grpc, http, retry};
use crate::telemetry::settings::{OtlpSettings, Protocol};

/// The function that makes one request of a whole batch.
pub(super) type Prepare<S> = Box<dyn Fn(BatchOf<S>) -> <S as OtlpSignal>::Request + Send + Sync>;

/// The limit for requests is never lowered below this after a refusal: a collector that refuses so little may have
/// another problem.
const LEAST_BYTES: usize = 64 << 10;

/// An exporter of one signal.
pub(super) struct OtlpExporter<S: OtlpSignal> {
    client: Client,
    target: Target,
    protocol: Protocol,
    /// The time for one batch with all its attempts; pauses that the collector asks for do not count.
    timeout: Duration,
    /// Larger requests are halved, if they have more than one item.
    max_bytes: usize,
    prepare: Prepare<S>,
    reporter: FailureReporter<S>,
}

impl<S: OtlpSignal> OtlpExporter<S> {
    pub(super) fn new(
        otlp: &OtlpSettings,
        timeout: Duration,
        max_bytes: usize,
        prepare: Prepare<S>,
        stats: Arc<dyn QueueStats>,
    ) -> Result<Self, ExportError> {
        let (client, target) = client::<S>(otlp)?;
        Ok(OtlpExporter {
            client,
            target,
            protocol: otlp.protocol,
            timeout,
            max_bytes,
            prepare,
            reporter: FailureReporter::new(otlp.endpoint.to_string(), &otlp.headers, stats),
        })
    }

    fn format(&self) -> Format {
        match self.protocol {
            Protocol::Grpc | Protocol::HttpProtobuf => Format::Protobuf,
            Protocol::HttpJson => Format::Json,
        }
    }

    /// Sends a request until the collector accepts it, refuses it for good, or time is up. `can_be_less` says whether
    /// the request can be halved; if not, a refusal for its size is final.
    async fn deliver(
        &self,
        body: Bytes,
        can_be_less: bool,
        progress: &Progress<S::Source>,
    ) -> Result<Accepted, SendError> {
        let mut hurry = progress.hurry();
        let mut deadline = Instant::from_std(after(self.timeout));
        let mut backoff = Backoff::default();
        loop {
            let attempt = self.attempt(body.clone(), deadline);
            let failure = match timeout_at(deadline, attempt).await {
                Ok(Ok(accepted)) => return Ok(accepted),
                Ok(Err(failure)) => failure,
                Err(_) => return Err(SendError::new(SendErrorKind::TimedOut, Retry::Never, "")),
            };
            // A flush or a shutdown does not wait for a collector that cannot be reached.
            if failure.kind == SendErrorKind::Unreachable && *hurry.borrow() {
                return Err(failure);
            }
            let retry = match failure.retry {
                // gRPC's OUT_OF_RANGE for another reason than size: OTLP says that it is retried.
                Retry::Smaller if !can_be_less && !failure.is_about_size() => Retry::Backoff,
                retry => retry,
            };
            match backoff.next(retry) {
                Attempt::None => return Err(failure),
                Attempt::After(delay) => {
                    if Instant::now() + delay >= deadline {
                        return Err(failure);
                    }
                    self.reporter.trouble(&failure, None);
                    retry::wait(delay, failure.kind, &mut hurry).await;
                }
                // The collector asked for this pause, so it does not count against the batch's timeout.
                Attempt::AfterPause(wait) => {
                    self.reporter.trouble(&failure, Some(wait));
                    let left = deadline.saturating_duration_since(Instant::now());
                    progress.pause(wait).await;
                    deadline = Instant::from_std(after(left));
                }
            }
        }
    }

    async fn attempt(&self, body: Bytes, deadline: Instant) -> Result<Accepted, SendError> {
        match self.protocol {
            Protocol::Grpc => grpc::send::<S>(&self.client, &self.target, deadline, body).await,
            Protocol::HttpProtobuf | Protocol::HttpJson => {
                let format = self.format();
                http::send::<S>(&self.client, &self.target, format, deadline, body).await
            }
        }
    }
}

impl<S: OtlpSignal> OtlpExporter<S> {
    /// Sends one request. Returns it as the error if it has to be sent in halves.
    async fn send_request(
        &mut self,
        request: S::Request,
        progress: &Progress<S::Source>,
    ) -> Result<(), S::Request> {
        let count = S::count(&request);
        let (bytes, outcome) = match S::encode(&request, self.format()) {
            Ok(body) if count > 1 && body.len() > self.max_bytes => return Err(request),
            Ok(body) => {
                let bytes = body.len();
                let body = match self.target.gzip {
                    true => gzip(&body),
                    false => body,
                };
                (bytes, self.deliver(body, count > 1, progress).await)
            }
            Err(failure) => (0, Err(failure)),
        };
        let exported = match outcome {
            Ok(accepted) => {
                self.reporter.accepted(&accepted);
                if accepted.rejected > 0 {
                    progress.note_failed(|| "rejected".into(), accepted.rejected.min(count));
                }
                count.saturating_sub(accepted.rejected)
            }
            Err(failure) if failure.retry == Retry::Smaller && count > 1 => {
                self.reporter.halved(&failure, bytes);
                // Later requests are cut to this size before they are sent.
                let smaller = (bytes / 2).max(LEAST_BYTES);
                self.max_bytes = self.max_bytes.min(smaller);
                return Err(request);
            }
            Err(failure) => {
                match failure.is_about_size() {
                    true => self.reporter.too_large(&failure, bytes),
                    false => self.reporter.lost(&failure, count),
                }
                progress.note_failed(|| failure.kind.error_type(), count);
                0
            }
        };
        progress.settle(count, exported);
        Ok(())
    }
}

impl<S: OtlpSignal> Destination<S::Source> for OtlpExporter<S> {
    async fn send(&mut self, batch: BatchOf<S>, progress: &Progress<S::Source>) {
        // A stack: the request to send next is its last element.
        let mut requests = vec![(self.prepare)(batch)];
        while let Some(request) = requests.pop() {
            if let Err(mut request) = self.send_request(request, progress).await {
                let later = S::split_off(&mut request);
                requests.extend([later, request]);
            }
        }
    }

    fn panicked(&self, lost: u64, message: &str) {
        self.reporter.panicked(lost, message);
    }
}

fn gzip(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default().into()
}
