//! rdkafka on the mock cluster of librdkafka, with the real producer and the real consumer.

use std::time::Duration;

use futures::FutureExt as _;
use rdkafka::consumer::StreamConsumer;
use rdkafka::error::KafkaError;
use rdkafka::message::{Message, OwnedHeaders, OwnedMessage};
use rdkafka::producer::future_producer::Delivery;
use rdkafka::producer::{FutureProducer, FutureRecord};
use traced::propagation::Carrier;
use traced::{remote_span_context, traced};

use crate::history::{FirstSender, keep_first_sender};

#[cfg(test)]
mod tests;

const TOPIC: &str = "payments";
const RETRY: &str = "payments-retry";

#[derive(Debug, thiserror::Error)]
enum PaymentError {
    #[error("no payment can be read from the record")]
    Poisoned(#[from] std::str::Utf8Error),
    #[error("the bank is closed")]
    BankClosed,
    #[error("the cluster did not take the record")]
    Kafka(#[from] KafkaError),
}

#[traced(
    name = "send payments",
    kind = "producer",
    attributes(
        messaging.system = "kafka",
        messaging.operation.name = "send",
        messaging.operation.type = "send",
        messaging.destination.name = topic,
        messaging.kafka.message.key = key,
    ),
    inject = headers,
    on_ok(|taken|
        messaging.destination.partition.id = taken.partition.to_string(),
        messaging.kafka.offset = taken.offset,
    ),
)]
async fn send(
    producer: &FutureProducer,
    topic: &str,
    key: &str,
    payload: &[u8],
    mut headers: OwnedHeaders,
) -> Result<Delivery, PaymentError> {
    let record = FutureRecord::to(topic)
        .key(key)
        .payload(payload)
        .headers(headers);
    let sent = producer.send(record, Duration::ZERO).await;
    sent.map_err(|(error, _)| error.into())
}

/// Waits for one record, and takes those that have arrived behind it, `most` in all.
#[traced(
    name = "poll payments",
    kind = "client",
    attributes(
        messaging.system = "kafka",
        messaging.operation.name = "poll",
        messaging.operation.type = "receive",
        messaging.destination.name = topic,
        messaging.consumer.group.name = "bank",
    ),
    on_ok(|batch| messaging.batch.message_count = batch.len()),
)]
async fn poll(
    consumer: &StreamConsumer,
    topic: &str,
    most: usize,
) -> Result<Vec<OwnedMessage>, PaymentError> {
    let mut batch = vec![consumer.recv().await?.detach()];
    while batch.len() < most
        && let Some(record) = consumer.recv().now_or_never()
    {
        batch.push(record?.detach());
    }
    for sender in batch
        .iter()
        .filter_map(|record| remote_span_context(&record.headers()))
    {
        traced::add_link(sender);
    }
    Ok(batch)
}

/// Processes one record, borrowed or owned. The parent is the span that sent it. A record of the topic of retries also
/// links to the span that sent it first.
#[traced(
    name = "process payments",
    kind = "consumer",
    attributes(
        messaging.system = "kafka",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = record.topic(),
        messaging.destination.partition.id = record.partition().to_string(),
        messaging.consumer.group.name = "bank",
        messaging.kafka.offset = record.offset(),
        messaging.kafka.message.key = record.key().and_then(|key| std::str::from_utf8(key).ok()),
        messaging.kafka.message.tombstone = record.payload().is_none().then_some(true),
    ),
    extract = record.headers(),
    links = remote_span_context(&FirstSender(record.headers())),
)]
async fn process(record: &impl Message<Headers: Carrier>) -> Result<(), PaymentError> {
    match std::str::from_utf8(record.payload().unwrap_or_default())? {
        "on a holiday" if record.topic() == TOPIC => Err(PaymentError::BankClosed),
        _ => Ok(()),
    }
}

/// Processes many records at once. A span has one parent, so that it links to their senders.
#[traced(
    name = "process payments",
    kind = "consumer",
    attributes(
        messaging.system = "kafka",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = TOPIC,
        messaging.consumer.group.name = "bank",
        messaging.batch.message_count = batch.len(),
    ),
    links = batch.iter().filter_map(|record| remote_span_context(&record.headers())),
)]
async fn process_batch(batch: &[OwnedMessage]) -> Result<(), PaymentError> {
    for record in batch {
        std::str::from_utf8(record.payload().unwrap_or_default())?;
    }
    Ok(())
}

/// Sends a record that failed to the topic of retries, because Kafka does not deliver it again. The headers keep its
/// first sender.
#[traced]
async fn retry_later(producer: &FutureProducer, record: &OwnedMessage) -> Result<(), PaymentError> {
    let mut headers = record.headers().cloned().unwrap_or_default();
    keep_first_sender(&mut headers);
    let key = String::from_utf8_lossy(record.key().unwrap_or_default());
    send(
        producer,
        RETRY,
        &key,
        record.payload().unwrap_or_default(),
        headers,
    )
    .await?;
    Ok(())
}

/// Processes one payment after the other. One that fails does not hold up the next.
#[traced]
async fn work(
    producer: &FutureProducer,
    consumer: &StreamConsumer,
    payments: usize,
) -> Result<(), PaymentError> {
    for _ in 0..payments {
        let record = consumer.recv().await?;
        if process(&record).await.is_err() {
            retry_later(producer, &record.detach()).await?;
        }
    }
    Ok(())
}

/// Tries until the cluster answers again.
#[traced]
async fn send_patiently(
    producer: &FutureProducer,
    payload: &[u8],
    headers: OwnedHeaders,
    again: impl AsyncFn(),
) -> Result<Delivery, PaymentError> {
    loop {
        match send(producer, TOPIC, "ada", payload, headers.clone()).await {
            Err(PaymentError::Kafka(_)) => again().await,
            other => return other,
        }
    }
}
