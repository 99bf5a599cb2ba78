//! The messages of an exporter on standard error: each outage with its end, and any other message once.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::outage::Outages;
use super::send_error::{Accepted, SendError, SendErrorKind};
use super::signal::OtlpSignal;
use super::source::QueueStats;
use crate::self_log::{self, Level};
use crate::telemetry::settings::Secret;

/// The longest text of a collector that is quoted, in characters.
const LONGEST: usize = 500;

/// Reports the failures of one exporter of one signal.
pub(super) struct FailureReporter<S> {
    endpoint: String,
    /// The values of headers. A collector may repeat them in its answers, but no message may contain them.
    secrets: Vec<String>,
    outages: Mutex<Outages>,
    stats: Arc<dyn QueueStats>,
    signal: PhantomData<fn() -> S>,
}

impl<S: OtlpSignal> FailureReporter<S> {
    pub(super) fn new(
        endpoint: String,
        headers: &[(http::HeaderName, Secret)],
        stats: Arc<dyn QueueStats>,
    ) -> Self {
        let values = headers
            .iter()
            .filter_map(|(_, value)| value.0.to_str().ok());
        // The whole value, and then its words: a collector may repeat only the token of `Bearer token`.
        let words = values.flat_map(|value| {
            let words = value.split_whitespace().filter(|word| word.len() > 3);
            std::iter::once(value).chain(words)
        });
        FailureReporter {
            endpoint,
            secrets: words
                .filter(|word| !word.is_empty())
                .map(Into::into)
                .collect(),
            outages: Mutex::default(),
            stats,
            signal: PhantomData,
        }
    }

    /// The outages so far, the time, and how many items the queue has dropped.
    fn outages(&self) -> (MutexGuard<'_, Outages>, Instant, u64) {
        let outages = self.outages.lock().unwrap_or_else(PoisonError::into_inner);
        (outages, Instant::now(), self.stats.counts().dropped)
    }

    /// Reports an attempt that failed and will be repeated, after a pause if the collector asked for one.
    pub(super) fn trouble(&self, failure: &SendError, pause: Option<Duration>) {
        let (endpoint, kind) = (&self.endpoint, failure.kind);
        let (mut outages, now, dropped) = self.outages();
        let is_reported = outages.trouble(now, kind, dropped);
        drop(outages);
        if !is_reported {
            return;
        }
        let (signal, advice) = (S::PLURAL, advice::<S>(kind));
        let detail = self.quoted(&failure.detail);
        let next = match pause {
            Some(pause) => format!(
                "the collector asked for a pause of {pause:?}, during which nothing is sent and {signal} \
                 wait in the queue"
            ),
            None => "they will be sent again".to_owned(),
        };
        self_log::say(
            Level::Warn,
            format_args!(
                "cannot send {signal} to {endpoint} now: {kind}{detail}; {next}; {advice}"
            ),
        );
    }

    /// Reports a request that was refused for its size and is sent in halves.
    pub(super) fn halved(&self, failure: &SendError, bytes: usize) {
        let (endpoint, kind, signal) = (&self.endpoint, failure.kind, S::PLURAL);
        let detail = self.quoted(&failure.detail);
        self_log::once(
            Level::Info,
            &format!("too many {signal} at once for {endpoint}"),
            format_args!(
                "a request with {bytes} bytes of {signal} is too large for {endpoint}: {kind}{detail}; the \
                 batch is sent in halves, and later requests are smaller; `Batch::max_export_batch_bytes` \
                 sets a limit"
            ),
        );
    }

    /// Reports an item that was refused for its own size and is lost.
    pub(super) fn too_large(&self, failure: &SendError, bytes: usize) {
        let (endpoint, kind, singular) = (&self.endpoint, failure.kind, S::SINGULAR);
        let detail = self.quoted(&failure.detail);
        self_log::once(
            Level::Error,
            &format!("a {singular} is too large for {endpoint}"),
            format_args!(
                "a {singular} of {bytes} bytes is too large for {endpoint}: {kind}{detail}; set \
                 OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT to shorten its attributes, or raise the collector's limit \
                 for requests"
            ),
        );
    }

    /// Reports a panic in the exporter, which continues with the next batch.
    pub(super) fn panicked(&self, lost: u64, message: &str) {
        let (endpoint, signal) = (&self.endpoint, S::PLURAL);
        let message = self.quoted(message);
        self_log::once(
            Level::Error,
            &format!("panic in the exporter of {signal} to {endpoint}"),
            format_args!(
                "the exporter of {signal} to {endpoint} panicked{message}: {lost} {signal} are lost, \
                 and it goes on with the next ones. This is a bug in `traced`; please report it"
            ),
        );
    }

    /// Reports a batch that is lost.
    pub(super) fn lost(&self, failure: &SendError, count: u64) {
        let (endpoint, kind) = (&self.endpoint, failure.kind);
        let (mut outages, now, dropped) = self.outages();
        let reported = outages.lost(now, kind, count, dropped);
        drop(outages);
        let Some(unreported) = reported else {
            return;
        };
        let (signal, advice) = (S::PLURAL, advice::<S>(kind));
        let detail = self.quoted(&failure.detail);
        let others = match unreported {
            0 => String::new(),
            _ => format!("; {unreported} outages since the last such message were not reported"),
        };
        self_log::say(
            Level::Error,
            format_args!(
                "{count} {signal} did not get to {endpoint}: {kind}{detail}; {advice}{others}"
            ),
        );
    }

    /// Reports the end of an outage that was reported.
    fn recovered(&self) {
        let (mut outages, now, dropped) = self.outages();
        let ended = outages.taken(now, dropped);
        drop(outages);
        let Some(ended) = ended else {
            return;
        };
        let (endpoint, signal) = (&self.endpoint, S::PLURAL);
        let seconds = ended.took.as_secs_f32();
        let losses = losses(signal, ended.lost, ended.dropped);
        self_log::say(
            Level::Info,
            format_args!("{endpoint} takes {signal} again, after {seconds:.1} s; {losses}"),
        );
    }

    /// Notes that a batch arrived, and reports the collector's message about it.
    pub(super) fn accepted(&self, accepted: &Accepted) {
        self.recovered();
        let Accepted {
            rejected,
            message,
            unread,
        } = accepted;
        let (endpoint, signal) = (&self.endpoint, S::PLURAL);
        if let Some(why) = unread {
            self_log::once(
                Level::Info,
                &format!("unread answer to {signal} from {endpoint}"),
                format_args!(
                    "{endpoint} accepted {signal}, but {}; if nothing arrives there, check that {} names a \
                     collector",
                    self.bare(why),
                    S::ENDPOINT
                ),
            );
        }
        if *rejected == 0 && message.is_empty() {
            return;
        }
        let matter = format!("partial success of {signal} to {endpoint}");
        let message = self.quoted(message);
        let (level, what) = match rejected {
            0 => (Level::Warn, "says of".to_owned()),
            _ => (Level::Error, format!("rejected {rejected}")),
        };
        self_log::once(
            level,
            &matter,
            format_args!("{endpoint} {what} {signal}{message}"),
        );
    }

    /// A text of the collector in parentheses: on one line, shortened, and without the values of headers.
    fn quoted(&self, words: &str) -> String {
        match self.bare(words) {
            words if words.is_empty() => String::new(),
            words => format!(" ({words})"),
        }
    }

    fn bare(&self, words: &str) -> String {
        let mut words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        for secret in &self.secrets {
            words = words.replace(secret, "..");
        }
        let shown = words.chars().filter(|c| !c.is_control());
        shown.take(LONGEST).collect()
    }
}

/// The losses of an outage: items of batches that failed, and items that the full queue dropped.
fn losses(signal: &str, lost: u64, dropped: u64) -> String {
    const FULL: &str = "were dropped because the queue was full";
    match (lost, dropped) {
        (0, 0) => "none was lost meanwhile".to_owned(),
        (0, dropped) => format!("no batch was lost; {dropped} {signal} {FULL}"),
        (lost, 0) => format!("{lost} were lost meanwhile"),
        (lost, dropped) => format!("{lost} were lost meanwhile, and {dropped} more {FULL}"),
    }
}

/// The advice for a failure of this kind.
fn advice<S: OtlpSignal>(kind: SendErrorKind) -> String {
    const CREDENTIALS: &str = "check the credentials in OTEL_EXPORTER_OTLP_HEADERS";
    const OVERLOADED: &str = "the collector is overloaded, or restarting";
    let endpoint = S::ENDPOINT;
    let see_log = || format!("see the log of the collector; the endpoint comes from {endpoint}");
    match kind {
        SendErrorKind::Unreachable => {
            format!("check that a collector is listening; the endpoint comes from {endpoint}")
        }
        SendErrorKind::Broken | SendErrorKind::Malformed => format!(
            "check that {endpoint} names a port that speaks the protocol of OTEL_EXPORTER_OTLP_PROTOCOL"
        ),
        SendErrorKind::Distrusted => {
            "set OTEL_EXPORTER_OTLP_CERTIFICATE to the certificates to trust and, if the collector asks for \
             one, OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE to the client certificate"
                .into()
        }
        SendErrorKind::TimedOut => format!(
            "the endpoint comes from {endpoint}, the timeout from OTEL_EXPORTER_OTLP_TIMEOUT"
        ),
        SendErrorKind::Http(status) => match status.as_u16() {
            401 | 403 => CREDENTIALS.into(),
            300..=399 | 404 | 405 | 415 => format!(
                "check {endpoint}; a collector usually listens on port 4317 for \
                 OTEL_EXPORTER_OTLP_PROTOCOL=grpc, and on port 4318 for HTTP"
            ),
            413 => "set OTEL_BSP_MAX_EXPORT_BATCH_SIZE to a smaller number".into(),
            429 | 502..=504 => OVERLOADED.into(),
            _ => see_log(),
        },
        SendErrorKind::Grpc(7 | 16) => CREDENTIALS.into(),
        SendErrorKind::Grpc(8 | 14) => OVERLOADED.into(),
        SendErrorKind::Grpc(_) => see_log(),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::super::queue::Queue;
    use super::super::spans::Spans;
    use super::*;
    use crate::recorder::sink::Bounds;

    #[test]
    fn losses_do_not_contradict_each_other() {
        for (lost, dropped, expected) in [
            (0, 0, "none was lost meanwhile"),
            (
                0,
                5,
                "no batch was lost; 5 spans were dropped because the queue was full",
            ),
            (7, 0, "7 were lost meanwhile"),
            (
                7,
                5,
                "7 were lost meanwhile, and 5 more were dropped because the queue was full",
            ),
        ] {
            assert_eq!(losses("spans", lost, dropped), expected);
        }
    }

    #[test]
    fn a_collector_that_repeats_a_secret_is_not_quoted() {
        let secret = Secret(HeaderValue::from_static("Bearer abcd"));
        let headers = [(HeaderName::from_static("authorization"), secret)];
        let queue = Arc::new(Queue::<()>::new(Bounds {
            items: 1,
            bytes: 1,
            batch: 1,
            batch_bytes: 1,
        }));
        let reporter =
            FailureReporter::<Spans>::new("http://localhost:4318".into(), &headers, queue);
        let quoted = reporter.quoted("token\n`Bearer abcd`\x1b[31m is old, abcd");
        assert_eq!(quoted, " (token `..`[31m is old, ..)");
    }
}
