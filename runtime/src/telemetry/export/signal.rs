//! The trait of the two signals that exporters send: spans and log records.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use serde::Serialize;

use super::json;
use super::send_error::{Retry, SendError, SendErrorKind};
use super::source::Source;

/// Applies limits and redaction to an item before it is encoded.
pub(crate) type Finish<T> = Arc<dyn Fn(&mut T) + Send + Sync>;

/// The encoding of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Protobuf,
    Json,
}

/// A signal: its messages, paths and names.
pub(crate) trait OtlpSignal: Send + 'static {
    /// The queue of its items.
    type Source: Source;
    /// The request that carries a batch.
    type Request: Send + Sync + 'static;

    /// The name of one item, as in "a span".
    const SINGULAR: &'static str;
    const PLURAL: &'static str;
    /// The name of the signal in the semantic conventions' names of components.
    const COMPONENT: &'static str;
    /// The path of the gRPC method.
    const METHOD: &'static str;
    /// The variables that set the endpoint, and the one that sets the size of the queue, as messages name them.
    const ENDPOINT: &'static str;
    const QUEUE_SIZE: &'static str;
    /// The field for the number of rejected items: its name in JSON and its name in the `.proto` file.
    const REJECTED: [&'static str; 2];

    /// The number of items in a request.
    fn count(request: &Self::Request) -> u64;

    /// Moves the later half of the items to a request of their own.
    fn split_off(request: &mut Self::Request) -> Self::Request;

    /// Encodes a request.
    fn encode(request: &Self::Request, format: Format) -> Result<Bytes, SendError>;
}

/// A batch of the items of a signal.
pub(super) type BatchOf<S> = <<S as OtlpSignal>::Source as Source>::Batch;

/// Encodes a message of any signal.
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
