//! async-nats on NATS JetStream: the span of a redelivery has its number, and a message that is given up is sent on
//! with its first sender.

use async_nats::header::{HeaderMap, NATS_MESSAGE_ID};
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::{AckKind, Context as JetStream, Message};
use futures::StreamExt as _;
use traced::{remote_span_context, traced};

use crate::history::{Attempts, FirstSender, keep_first_sender};

#[cfg(test)]
mod tests;

#[derive(Debug, thiserror::Error)]
enum ParcelError {
    #[error("no parcel can be read from the message")]
    Poisoned(#[from] std::str::Utf8Error),
    #[error("nobody is at home")]
    NobodyHome,
    #[error("the stream did not take the message")]
    Publish(#[from] async_nats::jetstream::context::PublishError),
    #[error("the stream gave no messages")]
    Fetch(#[from] async_nats::Error),
}

#[traced(
    name = "publish parcels",
    kind = "producer",
    attributes(
        messaging.system = "nats",
        messaging.operation.name = "publish",
        messaging.operation.type = "send",
        messaging.destination.name = subject,
        messaging.message.id = id(Some(&headers)),
        messaging.message.body.size = body.len(),
    ),
    inject = headers,
    on_ok(|sequence| nats.stream.sequence = *sequence),
)]
async fn publish(
    jetstream: &JetStream,
    subject: &str,
    body: &[u8],
    mut headers: HeaderMap,
) -> Result<u64, ParcelError> {
    let payload = body.to_vec().into();
    let taken = jetstream
        .publish_with_headers(subject.to_owned(), headers, payload)
        .await?;
    Ok(taken.await?.sequence)
}

/// Fetches the messages that are there, at most `most`. The span links to their senders, which are known only then.
#[traced(
    name = "fetch parcels",
    kind = "client",
    attributes(
        messaging.system = "nats",
        messaging.operation.name = "fetch",
        messaging.operation.type = "receive",
        messaging.destination.name = subject,
    ),
    on_ok(|batch| messaging.batch.message_count = batch.len()),
)]
async fn receive(
    consumer: &PullConsumer,
    subject: &str,
    most: usize,
) -> Result<Vec<Message>, ParcelError> {
    let fetched = consumer.fetch().max_messages(most).messages().await;
    let mut messages = fetched.map_err(async_nats::Error::from)?;
    let mut batch = Vec::new();
    while let Some(message) = messages.next().await {
        let message = message?;
        if let Some(sender) = remote_span_context(&message.headers) {
            traced::add_link(sender);
        }
        batch.push(message);
    }
    Ok(batch)
}

/// Processes one message. The parent of each attempt is the span that sent the message, and it links to the attempt
/// before.
#[traced(
    name = "process parcels",
    kind = "consumer",
    attributes(
        messaging.system = "nats",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = message.subject.as_str(),
        messaging.message.id = id(message.headers.as_ref()),
        nats.delivered = delivered(message),
    ),
    extract = message.headers,
    links = attempts.last(&sequence(message)).as_ref().and_then(remote_span_context),
    inject = attempts.next(&sequence(message)),
)]
async fn process(message: &Message, attempts: &Attempts) -> Result<(), ParcelError> {
    match std::str::from_utf8(&message.payload)? {
        "nobody is ever at home" => Err(ParcelError::NobodyHome),
        "at the second attempt" if delivered(message) < Some(2) => Err(ParcelError::NobodyHome),
        _ => Ok(()),
    }
}

/// Processes many messages at once. A span has one parent, so that it links to their senders.
#[traced(
    name = "process parcels",
    kind = "consumer",
    attributes(
        messaging.system = "nats",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.batch.message_count = batch.len(),
    ),
    links = batch.iter().filter_map(|message| remote_span_context(&message.headers)),
)]
async fn process_batch(batch: &[Message]) -> Result<(), ParcelError> {
    for message in batch {
        std::str::from_utf8(&message.payload)?;
    }
    Ok(())
}

/// Sends a message that is given up to the subject for dead ones. The headers keep its first sender.
#[traced]
async fn give_up(jetstream: &JetStream, message: &Message, dead: &str) -> Result<(), ParcelError> {
    let mut headers = message.headers.clone().unwrap_or_default();
    // With the same id, JetStream would drop it as a duplicate.
    headers.insert(NATS_MESSAGE_ID, format!("dead-{}", sequence(message)));
    keep_first_sender(&mut headers);
    publish(jetstream, dead, &message.payload, headers).await?;
    message.ack_with(AckKind::Term).await?;
    Ok(())
}

/// Processes a message that was given up. The parent is the span that gave it up, and it links to the first sender.
#[traced(
    name = "process dead parcels",
    kind = "consumer",
    attributes(
        messaging.system = "nats",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = message.subject.as_str(),
        messaging.message.id = id(message.headers.as_ref()),
    ),
    extract = message.headers,
    links = remote_span_context(&FirstSender(&message.headers)),
)]
async fn bury(message: &Message) {
    traced::event!("buried", size = message.payload.len());
}

/// Processes one parcel after the other. One that fails is tried again, and given up at the third attempt.
#[traced]
async fn work(
    jetstream: &JetStream,
    consumer: &PullConsumer,
    dead: &str,
    deliveries: usize,
) -> Result<(), ParcelError> {
    let attempts = Attempts::default();
    let messages = consumer.messages().await.map_err(async_nats::Error::from)?;
    let mut messages = messages.take(deliveries);
    while let Some(message) = messages.next().await {
        let message = message.map_err(async_nats::Error::from)?;
        match process(&message, &attempts).await {
            Ok(()) => message.ack().await?,
            Err(ParcelError::NobodyHome) if delivered(&message) < Some(3) => {
                message.ack_with(AckKind::Nak(None)).await?;
            }
            Err(_) => give_up(jetstream, &message, dead).await?,
        }
    }
    Ok(())
}

/// Publishes to the first stream, or to the second one if the first one is gone.
#[traced]
async fn hand_in(
    first: &JetStream,
    second: &JetStream,
    subject: &str,
    body: &[u8],
    headers: HeaderMap,
) -> Result<u64, ParcelError> {
    match publish(first, subject, body, headers.clone()).await {
        Err(ParcelError::Publish(_)) => publish(second, subject, body, headers).await,
        other => other,
    }
}

/// The id that the sender gave the message, by which JetStream recognizes duplicates.
fn id(headers: Option<&HeaderMap>) -> Option<&str> {
    Some(headers?.get(NATS_MESSAGE_ID)?.as_str())
}

/// How often the message was delivered, this time included.
fn delivered(message: &Message) -> Option<i64> {
    Some(message.info().ok()?.delivered)
}

fn sequence(message: &Message) -> String {
    let sequence = message.info().map(|info| info.stream_sequence);
    sequence.map_or_else(|_| String::new(), |sequence| sequence.to_string())
}
