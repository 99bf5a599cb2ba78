//! One OTLP exporter: encodes a batch, sends it, tries again, and says once what goes wrong.

use std::io::Write;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use flate2::write::GzEncoder;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::client::{Client, Target, client, shown};
use super::failure::{Accepted, Failure, Kind, Retry};
use super::retry::Backoff;
use super::signal::{Format, Signal};
use super::voice::Voice;
use super::worker::Destination;
use super::{ExportError, grpc, http, retry};
use crate::telemetry::settings::{Otlp, Protocol};

/// A resource that becomes known when the provider is built.
pub(super) type Resource = Arc<OnceLock<ResourceAttributesWithSchema>>;

/// What an item goes through before it is encoded: limits.
pub(crate) type Finish<T> = Arc<dyn Fn(&mut T) + Send + Sync>;

/// One exporter of one signal.
pub(super) struct Exporter<S: Signal> {
    client: Client,
    target: Target,
    protocol: Protocol,
    /// For a batch, with all attempts.
    timeout: Duration,
    resource: Resource,
    finish: Finish<S::Item>,
    voice: Voice<S>,
}

impl<S: Signal> Exporter<S> {
    pub(super) fn new(
        otlp: &Otlp,
        timeout: Duration,
        resource: Resource,
        finish: Finish<S::Item>,
    ) -> Result<Self, ExportError> {
        Ok(Exporter {
            client: client(otlp)?,
            target: Target::new::<S>(otlp)?,
            protocol: otlp.protocol,
            timeout,
            resource,
            finish,
            voice: Voice::new(shown(&otlp.endpoint), &otlp.headers),
        })
    }

    /// The whole batch as it travels, compressed for HTTP and for gRPC alike.
    fn encode(&self, mut batch: Vec<S::Item>) -> Result<Bytes, Failure> {
        batch.iter_mut().for_each(|item| (self.finish)(item));
        let empty = ResourceAttributesWithSchema::default();
        let resource = self.resource.get().unwrap_or(&empty);
        let body = S::encode(batch, resource, self.format())?;
        Ok(match self.target.gzip {
            true => gzip(&body),
            false => body,
        })
    }

    fn format(&self) -> Format {
        match self.protocol {
            Protocol::Grpc | Protocol::HttpProtobuf => Format::Protobuf,
            Protocol::HttpJson => Format::Json,
        }
    }

    /// Sends until it is taken, refused for good, or time is up.
    async fn deliver(
        &mut self,
        body: Bytes,
        mut hurry: watch::Receiver<bool>,
    ) -> Result<Accepted, Failure> {
        let deadline = Instant::now() + self.timeout;
        let mut backoff = Backoff::default();
        loop {
            let attempt = self.attempt(body.clone(), deadline);
            let failure = match timeout_at(deadline, attempt).await {
                Ok(Ok(accepted)) => return Ok(accepted),
                Ok(Err(failure)) => failure,
                Err(_) => return Err(Failure::new(Kind::TimedOut, Retry::Never, "")),
            };
            // Whoever waits for us, at the end of a program perhaps, does not wait for a collector
            // that is not there.
            if failure.kind == Kind::Unreachable && *hurry.borrow() {
                return Err(failure);
            }
            let Some(delay) = backoff.next(failure.retry) else {
                return Err(failure);
            };
            if Instant::now() + delay >= deadline {
                return Err(failure);
            }
            self.voice.trouble(&failure);
            retry::wait(delay, failure.kind, &mut hurry).await;
        }
    }

    async fn attempt(&self, body: Bytes, deadline: Instant) -> Result<Accepted, Failure> {
        match self.protocol {
            Protocol::Grpc => grpc::send::<S>(&self.client, &self.target, deadline, body).await,
            Protocol::HttpProtobuf | Protocol::HttpJson => {
                let format = self.format();
                http::send::<S>(&self.client, &self.target, format, deadline, body).await
            }
        }
    }
}

impl<S: Signal> Destination<S::Item> for Exporter<S> {
    async fn send(&mut self, batch: Vec<S::Item>, hurry: watch::Receiver<bool>) -> u64 {
        let count = batch.len() as u64;
        let outcome = match self.encode(batch) {
            Ok(body) => self.deliver(body, hurry).await,
            Err(failure) => Err(failure),
        };
        match outcome {
            Ok(accepted) => {
                self.voice.accepted(&accepted);
                count.saturating_sub(accepted.rejected)
            }
            Err(failure) => {
                self.voice.lost(&failure, count);
                0
            }
        }
    }
}

fn gzip(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    // Into memory, where nothing can fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default().into()
}
