//! The queues of RabbitMQ and the stream of NATS. The first process that needs them declares them.

use async_nats::jetstream;
use async_nats::jetstream::context::CreateStreamError;
use async_nats::jetstream::stream::{self, Stream};
use lapin::options::{ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties};

/// The queue of orders that wait for their parcel.
pub const PLACED: &str = "orders.placed";

/// The queue of messages that cannot be processed.
pub const DEAD: &str = "orders.dead";

/// The stream for the auditors.
pub const AUDIT: &str = "audit";

/// A channel of RabbitMQ with publisher confirms.
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

/// The stream for the auditors; it keeps messages sent to [`AUDIT`] until they are acknowledged.
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
