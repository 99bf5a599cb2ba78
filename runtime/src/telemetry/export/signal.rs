//! The signals as the exporters see them: spans and log records.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use serde::Serialize;

use super::json;
use super::send_error::{Retry, SendError, SendErrorKind};
use super::source::Source;

/// Applied to an item before it is encoded: limits and redaction.
pub(crate) type Finish<T> = Arc<dyn Fn(&mut T) + Send + Sync>;

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Protobuf,
    Json,
}

/// A kind of telemetry: its messages, paths and names.
pub(crate) trait OtlpSignal: Send + 'static {
    /// The place where items wait.
    type Source: Source;
    /// The request that carries a batch.
    type Request: Send + Sync + 'static;

    /// The singular, as in "a span".
    const SINGULAR: &'static str;
    const PLURAL: &'static str;
    /// In the names that the semantic conventions have for components.
    const COMPONENT: &'static str;
    /// The gRPC method.
    const METHOD: &'static str;
    /// The variables behind its endpoint, and the one behind its queue.
    const ENDPOINT: &'static str;
    const QUEUE_SIZE: &'static str;
    /// How JSON calls the number of items that a collector did not take, and how the `.proto` file does.
    const REJECTED: [&'static str; 2];

    /// How many items are in there.
    fn count(request: &Self::Request) -> u64;

    /// Moves the later half of the items to a request of their own.
    fn split_off(request: &mut Self::Request) -> Self::Request;

    /// Writes a request.
    fn encode(request: &Self::Request, format: Format) -> Result<Bytes, SendError>;
}

/// The items of a signal that are sent at once.
pub(super) type BatchOf<S> = <<S as OtlpSignal>::Source as Source>::Batch;

/// Writes a message of any signal.
pub(super) fn encode<M: Message + Serialize>(
    message: &M,
    format: Format,
) -> Result<Bytes, SendError> {
    match format {
        Format::Protobuf => Ok(message.encode_to_vec().into()),
        Format::Json => match json::to_vec(message) {
            Ok(json) => Ok(json.into()),
            Err(error) => Err(SendError::new(
                SendErrorKind::Malformed,
                Retry::Never,
                error.to_string(),
            )),
        },
    }
}
