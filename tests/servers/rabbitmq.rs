//! lapin on RabbitMQ: publishing, receiving and processing, and what becomes of a message that cannot be processed.

use futures::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicGetOptions, BasicNackOptions, BasicPublishOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel};
use traced::propagation::Carrier;
use traced::{remote_span_context, traced};

use crate::history::{Attempts, FirstSender, keep_first_sender};

#[cfg(test)]
mod tests;

#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error("no order can be read from the message")]
    Poisoned(#[from] std::str::Utf8Error),
    #[error("out of stock")]
    OutOfStock,
    #[error("the broker cannot be reached")]
    Broker(#[from] lapin::Error),
    #[error("the broker did not confirm the message")]
    NotConfirmed,
}

/// Publishes to a queue, through the default exchange.
#[traced(
    name = "publish orders",
    kind = "producer",
    attributes(
        messaging.system = "rabbitmq",
        messaging.operation.name = "publish",
        messaging.operation.type = "send",
        messaging.destination.name = queue,
        messaging.message.id = properties.message_id().as_ref().map(ShortString::as_str),
        messaging.message.body.size = body.len(),
    ),
    inject = properties,
)]
async fn publish(
    channel: &Channel,
    queue: &str,
    body: &[u8],
    mut properties: BasicProperties,
) -> Result<(), OrderError> {
    let sent = channel.basic_publish(
        "".into(),
        queue.into(),
        BasicPublishOptions::default(),
        body,
        properties,
    );
    let confirmation = sent.await?.await?;
    confirmation
        .is_ack()
        .then_some(())
        .ok_or(OrderError::NotConfirmed)
}

/// Asks for one message. The span links to its sender, which is known only then.
#[traced(
    name = "get orders",
    kind = "client",
    attributes(
        messaging.system = "rabbitmq",
        messaging.operation.name = "get",
        messaging.operation.type = "receive",
        messaging.destination.name = queue,
    ),
    on_ok(|got| messaging.batch.message_count = got.iter().len()),
)]
async fn receive(channel: &Channel, queue: &str) -> Result<Option<Delivery>, OrderError> {
    let got = channel
        .basic_get(queue.into(), BasicGetOptions::default())
        .await?;
    let got = got.map(|message| message.delivery);
    if let Some(sender) = remote_span_context(&got.as_ref().map(|delivery| &delivery.properties)) {
        traced::add_link(sender);
    }
    Ok(got)
}

/// Processes one message. The parent is the span that sent it, and it links to the last attempt.
#[traced(
    name = "process orders",
    kind = "consumer",
    attributes(
        messaging.system = "rabbitmq",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = delivery.routing_key.as_str(),
        messaging.message.id = id(&delivery.properties),
        messaging.rabbitmq.message.delivery_tag = delivery.delivery_tag,
        rabbitmq.redelivered = delivery.redelivered,
    ),
    extract = delivery.properties,
    links = attempts.last(id(&delivery.properties)).as_ref().and_then(remote_span_context),
    inject = attempts.next(id(&delivery.properties)),
)]
async fn process(delivery: &Delivery, attempts: &Attempts) -> Result<(), OrderError> {
    match std::str::from_utf8(&delivery.data)? {
        "too many teapots" => Err(OrderError::OutOfStock),
        "one teapot, at the second attempt" if !delivery.redelivered => Err(OrderError::OutOfStock),
        _ => Ok(()),
    }
}

/// Processes many messages at once. A span has one parent, so that it links to their senders.
#[traced(
    name = "process orders",
    kind = "consumer",
    attributes(
        messaging.system = "rabbitmq",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = queue,
        messaging.batch.message_count = batch.len(),
    ),
    links = batch.iter().filter_map(|delivery| remote_span_context(&delivery.properties)),
)]
async fn process_batch(queue: &str, batch: &[Delivery]) -> Result<(), OrderError> {
    for delivery in batch {
        std::str::from_utf8(&delivery.data)?;
    }
    Ok(())
}

/// Processes a message that RabbitMQ gave up, in a new trace with links to the sender and to the last attempt.
#[traced(
    name = "process dead orders",
    kind = "consumer",
    root,
    attributes(
        messaging.system = "rabbitmq",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = delivery.routing_key.as_str(),
        messaging.message.id = id(&delivery.properties),
        rabbitmq.death.reason = death(&delivery.properties, "reason"),
        rabbitmq.death.queue = death(&delivery.properties, "queue"),
    ),
    links = remote_span_context(&delivery.properties)
        .into_iter()
        .chain(attempts.last(id(&delivery.properties)).as_ref().and_then(remote_span_context)),
)]
async fn bury(delivery: &Delivery, attempts: &Attempts) {
    traced::event!("buried", size = delivery.data.len());
}

/// Sends a message that cannot be processed now to another queue. The headers keep its first sender.
#[traced(attributes(messaging.message.id = id(&delivery.properties)))]
async fn postpone(channel: &Channel, delivery: &Delivery, queue: &str) -> Result<(), OrderError> {
    let mut properties = delivery.properties.clone();
    keep_first_sender(&mut properties);
    publish(channel, queue, &delivery.data, properties).await
}

/// Processes a postponed message. The parent is the span that postponed it, and it links to the first sender.
#[traced(
    name = "process postponed orders",
    kind = "consumer",
    attributes(
        messaging.system = "rabbitmq",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = delivery.routing_key.as_str(),
        messaging.message.id = id(&delivery.properties),
    ),
    extract = delivery.properties,
    links = remote_span_context(&FirstSender(&delivery.properties)),
)]
async fn process_postponed(delivery: &Delivery) -> Result<(), OrderError> {
    std::str::from_utf8(&delivery.data)?;
    Ok(())
}

/// The id that the sender gave the message.
fn id(properties: &BasicProperties) -> &str {
    properties
        .message_id()
        .as_ref()
        .map_or("", ShortString::as_str)
}

/// A field of the last entry of the header `x-death`, in which RabbitMQ records why it gave the message up.
fn death(properties: &BasicProperties, key: &str) -> Option<String> {
    let deaths = properties.headers().as_ref()?.inner().get("x-death")?;
    let AMQPValue::FieldTable(last) = deaths.as_array()?.as_slice().first()? else {
        return None;
    };
    Carrier::get(last, key).map(str::to_owned)
}

/// Processes one order after the other. One that fails is tried once more, and then left to the dead letters.
#[traced]
async fn work(
    channel: &Channel,
    queue: &str,
    attempts: &Attempts,
    orders: usize,
) -> Result<(), OrderError> {
    let consumer = channel.basic_consume(
        queue.into(),
        "".into(),
        BasicConsumeOptions::default(),
        FieldTable::default(),
    );
    let mut deliveries = consumer.await?.take(orders);
    while let Some(delivery) = deliveries.next().await {
        let delivery = delivery?;
        match process(&delivery, attempts).await {
            Ok(()) => delivery.ack(BasicAckOptions::default()).await?,
            Err(OrderError::OutOfStock) if !delivery.redelivered => again(&delivery, true).await?,
            Err(_) => again(&delivery, false).await?,
        };
    }
    Ok(())
}

async fn again(delivery: &Delivery, requeue: bool) -> Result<bool, lapin::Error> {
    delivery
        .nack(BasicNackOptions {
            requeue,
            ..BasicNackOptions::default()
        })
        .await
}

/// Publishes to the first broker, or to the second one if the first one does not take the message.
#[traced]
async fn place(
    first: &Channel,
    second: &Channel,
    queue: &str,
    body: &[u8],
    properties: BasicProperties,
) -> Result<(), OrderError> {
    match publish(first, queue, body, properties.clone()).await {
        Err(OrderError::Broker(_) | OrderError::NotConfirmed) => {
            publish(second, queue, body, properties).await
        }
        other => other,
    }
}
