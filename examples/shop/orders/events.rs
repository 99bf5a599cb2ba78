//! Publishes orders: to the worker over RabbitMQ, to the auditors over NATS.
//!
//! The headers of each message carry the span context of the sender.

use async_nats::jetstream;
use async_nats::jetstream::context::{CreateStreamError, PublishError};
use lapin::options::BasicPublishOptions;
use lapin::{BasicProperties, Channel};
use shop::OrderPlaced;
use shop::queues::{self, AUDIT, PLACED};
use thiserror::Error;
use traced::traced;

#[derive(Clone)]
pub(crate) struct Events {
    rabbitmq: Channel,
    nats: async_nats::Client,
}

/// The reason why an event was not sent.
#[derive(Debug, Error)]
pub(crate) enum SendError {
    #[error("the event is no JSON")]
    Json(#[from] serde_json::Error),
    #[error("RabbitMQ failed")]
    RabbitMq(#[from] lapin::Error),
    #[error("RabbitMQ did not take the message")]
    NotTaken,
    #[error("NATS did not store the message")]
    Nats(#[from] PublishError),
}

/// The reason why a broker is not connected.
#[derive(Debug, Error)]
pub(crate) enum ConnectError {
    #[error("cannot connect to RabbitMQ")]
    RabbitMq(#[from] lapin::Error),
    #[error("cannot connect to NATS")]
    Nats(#[from] async_nats::ConnectError),
    #[error("NATS has no stream for the auditors")]
    Stream(#[from] CreateStreamError),
}

impl Events {
    pub(crate) async fn connect(amqp: &str, nats: &str) -> Result<Self, ConnectError> {
        let rabbitmq = queues::rabbitmq(amqp).await?;
        let nats = async_nats::connect(nats).await?;
        queues::audit_stream(&nats).await?;
        Ok(Events { rabbitmq, nats })
    }

    #[traced(
        name = "send orders.placed",
        kind = "producer",
        attributes(
            messaging.system = "rabbitmq",
            messaging.operation.type = "send",
            messaging.operation.name = "send",
            messaging.destination.name = PLACED,
            shop.order.id = event.id,
        ),
    )]
    pub(crate) async fn order_placed(&self, event: &OrderPlaced) -> Result<(), SendError> {
        let mut properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
        traced::inject(&mut properties);
        let confirmation = self
            .rabbitmq
            .basic_publish(
                "".into(),
                PLACED.into(),
                BasicPublishOptions::default(),
                &serde_json::to_vec(event)?,
                properties,
            )
            .await?
            .await?;
        if confirmation.is_ack() {
            Ok(())
        } else {
            Err(SendError::NotTaken)
        }
    }

    #[traced(
        name = "send audit",
        kind = "producer",
        attributes(
            messaging.system = "nats",
            messaging.operation.type = "send",
            messaging.operation.name = "send",
            messaging.destination.name = AUDIT,
            shop.order.id = event.id,
        ),
    )]
    pub(crate) async fn audit(&self, event: &OrderPlaced) -> Result<(), SendError> {
        let mut headers = async_nats::HeaderMap::new();
        traced::inject(&mut headers);
        let message = serde_json::to_vec(event)?.into();
        let stored = jetstream::new(self.nats.clone())
            .publish_with_headers(AUDIT, headers, message)
            .await?;
        stored.await?;
        Ok(())
    }
}

/// Delivery mode 2: the broker keeps the message over a restart.
const PERSISTENT: u8 = 2;
