//! Parcels from RabbitMQ, one message at a time: the sender's span is the parent.

use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Consumer};
use shop::OrderPlaced;
use shop::database::is_passing;
use shop::queues::{self, DEAD, PLACED};
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use traced::{remote_span_context, traced};

use crate::Failed;
use crate::attempts;
use crate::store::Store;

/// The number of attempts before a message is moved to the dead letters.
const ATTEMPTS: usize = 3;

pub(crate) struct Parcels {
    rabbitmq: Channel,
    store: Store,
}

/// The reason why a message was not processed.
#[derive(Debug, Error)]
pub(crate) enum ParcelError {
    #[error("the message is no order")]
    NoOrder(#[from] serde_json::Error),
    #[error("the parcel was not recorded")]
    Database(#[from] sqlx::Error),
    #[error("RabbitMQ failed")]
    RabbitMq(#[from] lapin::Error),
    #[error("RabbitMQ did not take the message")]
    NotTaken,
    #[error("RabbitMQ has no more messages for us")]
    NoMore,
}

impl Parcels {
    pub(crate) async fn connect(amqp: &str, store: Store) -> Result<Self, ParcelError> {
        let rabbitmq = queues::rabbitmq(amqp).await?;
        // One at a time, so that a worker that dies returns a single message.
        rabbitmq.basic_qos(1, BasicQosOptions::default()).await?;
        Ok(Parcels { rabbitmq, store })
    }

    pub(crate) async fn pack_all(&self, stopping: &CancellationToken) -> Result<(), Failed> {
        let mut deliveries = self.consume(PLACED).await?;
        while let Some(delivery) = stopping.run_until_cancelled(deliveries.next()).await {
            let delivery = delivery.ok_or(ParcelError::NoMore)??;
            // The span of the message has recorded the failure, and the next message may succeed.
            let _ = self.process(&delivery).await;
        }
        Ok(())
    }

    /// Moves the dead letters into the database, for an operator to look at.
    pub(crate) async fn bury_all(&self, stopping: &CancellationToken) -> Result<(), Failed> {
        let mut deliveries = self.consume(DEAD).await?;
        while let Some(delivery) = stopping.run_until_cancelled(deliveries.next()).await {
            let delivery = delivery.ok_or(ParcelError::NoMore)??;
            let _ = self.bury(&delivery).await;
        }
        Ok(())
    }

    async fn consume(&self, queue: &str) -> lapin::Result<Consumer> {
        let consuming = self.rabbitmq.basic_consume(
            queue.into(),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        consuming.await
    }

    #[traced(
        name = "process orders.placed",
        kind = "consumer",
        extract = delivery.properties,
        links = attempts::of(&delivery.properties).filter_map(remote_span_context),
        attributes(
            messaging.system = "rabbitmq",
            messaging.operation.type = "process",
            messaging.operation.name = "process",
            messaging.destination.name = PLACED,
            messaging.rabbitmq.message.delivery_tag = delivery.delivery_tag,
            shop.redelivered = delivery.redelivered,
        ),
    )]
    async fn process(&self, delivery: &Delivery) -> Result<(), ParcelError> {
        let packed = self.pack(&delivery.data).await;
        if let Err(error) = &packed {
            let before = attempts::of(&delivery.properties).count();
            let again = error.may_pass() && before + 1 < ATTEMPTS;
            let properties = attempts::with_this_one(&delivery.properties);
            let queue = if again { PLACED } else { DEAD };
            self.send_on(queue, &delivery.data, properties).await?;
        }
        delivery.ack(BasicAckOptions::default()).await?;
        packed
    }

    async fn pack(&self, message: &[u8]) -> Result<(), ParcelError> {
        let placed: OrderPlaced = serde_json::from_slice(message)?;
        Ok(self.store.ship(&placed).await?)
    }

    /// Moves the message as it is; its headers still carry the sender's context.
    #[traced(
        name = format!("send {queue}"),
        allow(unbounded_name),
        kind = "producer",
        attributes(
            messaging.system = "rabbitmq",
            messaging.operation.type = "send",
            messaging.operation.name = "send",
            messaging.destination.name = queue,
        ),
    )]
    async fn send_on(
        &self,
        queue: &'static str,
        message: &[u8],
        properties: BasicProperties,
    ) -> Result<(), ParcelError> {
        let options = BasicPublishOptions::default();
        let sending =
            self.rabbitmq
                .basic_publish("".into(), queue.into(), options, message, properties);
        let confirmation = sending.await?.await?;
        confirmation
            .is_ack()
            .then_some(())
            .ok_or(ParcelError::NotTaken)
    }

    #[traced(
        name = "process orders.dead",
        kind = "consumer",
        extract = delivery.properties,
        links = attempts::of(&delivery.properties).filter_map(remote_span_context),
        attributes(
            messaging.system = "rabbitmq",
            messaging.operation.type = "process",
            messaging.operation.name = "process",
            messaging.destination.name = DEAD,
        ),
    )]
    async fn bury(&self, delivery: &Delivery) -> Result<(), ParcelError> {
        self.store.bury(&delivery.data).await?;
        delivery.ack(BasicAckOptions::default()).await?;
        Ok(())
    }
}

impl ParcelError {
    /// Whether the same message may succeed in a further attempt.
    fn may_pass(&self) -> bool {
        matches!(self, ParcelError::Database(error) if is_passing(error))
    }
}
