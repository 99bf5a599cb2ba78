//! The error of an attempt to send a batch, and whether to try again.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::grpc::status_code_name;

/// The error of one attempt to send a batch.
#[derive(Debug)]
pub(crate) struct SendError {
    pub(crate) kind: SendErrorKind,
    pub(crate) retry: Retry,
    /// The cause, or the text of the collector.
    pub(crate) detail: String,
}

/// The kinds of errors; each is reported once in an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SendErrorKind {
    /// No connection.
    Unreachable,
    /// The connection broke before the answer.
    Broken,
    /// A failure of TLS, such as a certificate that is not trusted.
    Distrusted,
    /// No answer in time.
    TimedOut,
    /// An HTTP status.
    Http(http::StatusCode),
    /// The code of a gRPC status.
    Grpc(i32),
    /// An answer that is not OTLP.
    Malformed,
}

/// Whether the same batch may be sent again.
///
/// Specification: OTLP, "Failures" of OTLP/gRPC and of OTLP/HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    Never,
    /// After a delay that grows with each attempt.
    Backoff,
    /// After the pause that the collector asks for.
    After(Duration),
    /// In halves, as it is too large for the collector.
    Smaller,
}

/// The answer of a collector to a batch that it accepted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) rejected: u64,
    pub(crate) message: String,
    /// The reason why the answer could not be read. The batch still counts as accepted, because of the status.
    pub(crate) unread: Option<String>,
}

impl Accepted {
    pub(crate) fn unread(why: impl Into<String>) -> Self {
        Accepted {
            unread: Some(why.into()),
            ..Accepted::default()
        }
    }
}

impl SendError {
    pub(crate) fn new(kind: SendErrorKind, retry: Retry, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        SendError {
            kind,
            retry,
            detail,
        }
    }

    /// Whether the collector seems to have refused the request for its size.
    pub(crate) fn is_about_size(&self) -> bool {
        self.retry == Retry::Smaller && (self.kind.is_size() || is_about_size(&self.detail))
    }

    /// A client error: no connection, or a broken one.
    pub(crate) fn of_client(error: &hyper_util::client::legacy::Error) -> Self {
        let (kind, retry) = match error.is_connect() {
            // Another attempt cannot mend a certificate.
            _ if is_of_tls(error) => (SendErrorKind::Distrusted, Retry::Never),
            true => (SendErrorKind::Unreachable, Retry::Backoff),
            false => (SendErrorKind::Broken, Retry::Backoff),
        };
        SendError::new(kind, retry, innermost(error))
    }
}

/// Whether the message of a collector is about the size of a request. The code of gRPC is not enough:
/// `RESOURCE_EXHAUSTED` also stands for quotas and full queues.
pub(crate) fn is_about_size(words: &str) -> bool {
    // From the messages of gRPC for Go, C++ and Python ("received message larger than max"), Java ("gRPC
    // message exceeds maximum size"), .NET ("exceeds the maximum configured message size") and Rust
    // ("decoded message length too large"), and likely words of other servers.
    const WORDS: [&str; 11] = [
        "larger than",
        "too large",
        "too big",
        "bigger than",
        "maximum size",
        "max size",
        "size limit",
        "message size",
        "message length",
        "body size",
        "request size",
    ];
    let words = words.to_lowercase();
    WORDS.iter().any(|part| words.contains(part))
}

#[cfg(feature = "tls")]
fn is_of_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut error = Some(error);
    while let Some(this) = error {
        if this.is::<rustls::Error>() {
            return true;
        }
        // The source of an I/O error skips the error inside it.
        let io = this.downcast_ref::<std::io::Error>();
        error = match io.and_then(std::io::Error::get_ref) {
            Some(held) => Some(held),
            None => this.source(),
        };
    }
    false
}

#[cfg(not(feature = "tls"))]
fn is_of_tls(_: &(dyn std::error::Error + 'static)) -> bool {
    false
}

/// The last error in the chain of sources; the outer ones only say "client error (Connect)".
pub(super) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

impl SendErrorKind {
    /// The value of `error.type`: the status if there is one, as in the conventions for HTTP and RPC.
    pub(super) fn error_type(self) -> Cow<'static, str> {
        match self {
            SendErrorKind::Unreachable => "unreachable".into(),
            SendErrorKind::Broken => "connection_broken".into(),
            SendErrorKind::Distrusted => "tls_failed".into(),
            SendErrorKind::TimedOut => "timeout".into(),
            SendErrorKind::Http(status) => status.as_u16().to_string().into(),
            SendErrorKind::Grpc(code) => match status_code_name(code) {
                Some(name) => name.into(),
                None => code.to_string().into(),
            },
            SendErrorKind::Malformed => "malformed_answer".into(),
        }
    }

    /// Whether the status alone says that a request is too large.
    fn is_size(self) -> bool {
        self == SendErrorKind::Http(http::StatusCode::PAYLOAD_TOO_LARGE)
    }
}

impl fmt::Display for SendErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendErrorKind::Unreachable => f.write_str("it cannot be reached"),
            SendErrorKind::Broken => f.write_str("the connection broke"),
            SendErrorKind::Distrusted => f.write_str("TLS failed"),
            SendErrorKind::TimedOut => f.write_str("no answer in time"),
            SendErrorKind::Http(status) => write!(f, "HTTP status {status}"),
            SendErrorKind::Grpc(code) => match status_code_name(*code) {
                Some(name) => write!(f, "gRPC status {name}"),
                None => write!(f, "gRPC status {code}"),
            },
            SendErrorKind::Malformed => f.write_str("its answer is not OTLP"),
        }
    }
}
