//! The queues of RabbitMQ and the stream of NATS: whoever comes first declares them.

use async_nats::jetstream;
use async_nats::jetstream::context::CreateStreamError;
use async_nats::jetstream::stream::{self, Stream};
use lapin::options::{ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties};

/// Orders that wait for their parcel.
pub const PLACED: &str = "orders.placed";

/// Messages that nobody could make use of.
pub const DEAD: &str = "orders.dead";

/// What happened, for the auditors.
pub const AUDIT: &str = "audit";

/// A channel of RabbitMQ on which the broker confirms what it has taken.
pub async fn rabbitmq(url: &str) -> lapin::Result<Channel> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    for queue in [PLACED, DEAD] {
        channel
            .queue_declare(
                queue.into(),
                QueueDeclareOptions::durable(),
                FieldTable::default(),
            )
            .await?;
    }
    Ok(channel)
}

/// The stream of the auditors; it keeps what is sent to [`AUDIT`] until they have read it.
pub async fn audit_stream(nats: &async_nats::Client) -> Result<Stream, CreateStreamError> {
    let config = stream::Config {
        name: "AUDIT".to_owned(),
        subjects: vec![AUDIT.to_owned()],
        ..Default::default()
    };
    jetstream::new(nats.clone())
        .get_or_create_stream(config)
        .await
}
