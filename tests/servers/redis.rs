//! Streams of Redis: the fields of an entry also carry the context, because an entry has no headers.

use redis::aio::MultiplexedConnection as Redis;
use redis::streams::{StreamAutoClaimOptions, StreamId, StreamReadOptions};
use redis::{AsyncTypedCommands as _, RedisError};
use traced::{remote_span_context, traced};

use crate::history::Attempts;

#[cfg(test)]
mod commands;
#[cfg(test)]
mod tests;

const GROUP: &str = "counters";

#[derive(Debug, thiserror::Error)]
enum VisitError {
    #[error("the entry has no page")]
    Poisoned,
    #[error("redis answered with an error")]
    Redis(#[from] RedisError),
}

#[traced(
    name = "xadd visits",
    kind = "producer",
    attributes(
        messaging.system = "redis",
        messaging.operation.name = "xadd",
        messaging.operation.type = "send",
        messaging.destination.name = stream,
    ),
    inject = fields,
    on_ok(|id| messaging.message.id = id.as_deref()),
)]
async fn add(
    redis: &mut Redis,
    stream: &str,
    mut fields: Vec<(String, String)>,
) -> Result<Option<String>, VisitError> {
    Ok(redis.xadd(stream, "*", &fields).await?)
}

/// Reads the entries that no consumer of the group has read. The span links to their senders, which are known only
/// then.
#[traced(
    name = "xreadgroup visits",
    kind = "client",
    attributes(
        messaging.system = "redis",
        messaging.operation.name = "xreadgroup",
        messaging.operation.type = "receive",
        messaging.destination.name = stream,
        messaging.consumer.group.name = GROUP,
    ),
    on_ok(|entries| messaging.batch.message_count = entries.len()),
)]
async fn read(
    redis: &mut Redis,
    stream: &str,
    consumer: &str,
) -> Result<Vec<StreamId>, VisitError> {
    let options = StreamReadOptions::default()
        .group(GROUP, consumer)
        .count(10);
    let read = redis.xread_options(&[stream], &[">"], &options).await?;
    let streams = read.map(|reply| reply.keys).unwrap_or_default();
    let entries: Vec<_> = streams.into_iter().flat_map(|stream| stream.ids).collect();
    for sender in entries.iter().filter_map(remote_span_context) {
        traced::add_link(sender);
    }
    Ok(entries)
}

/// Claims the entries that another consumer of the group has read but not acknowledged, because it was killed.
#[traced(
    name = "xautoclaim visits",
    kind = "client",
    attributes(
        messaging.system = "redis",
        messaging.operation.name = "xautoclaim",
        messaging.operation.type = "receive",
        messaging.destination.name = stream,
        messaging.consumer.group.name = GROUP,
    ),
    on_ok(|entries| messaging.batch.message_count = entries.len()),
)]
async fn claim(
    redis: &mut Redis,
    stream: &str,
    consumer: &str,
) -> Result<Vec<StreamId>, VisitError> {
    let options = StreamAutoClaimOptions::default();
    let claimed = redis
        .xautoclaim_options(stream, GROUP, consumer, 0, "0", options)
        .await?
        .claimed;
    for sender in claimed.iter().filter_map(remote_span_context) {
        traced::add_link(sender);
    }
    Ok(claimed)
}

/// Processes one entry. The parent is the span that sent it, and it links to the attempt before.
#[traced(
    name = "process visits",
    kind = "consumer",
    attributes(
        messaging.system = "redis",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = stream,
        messaging.consumer.group.name = GROUP,
        messaging.message.id = entry.id,
    ),
    extract = entry,
    links = attempts.last(&entry.id).as_ref().and_then(remote_span_context),
    inject = attempts.next(&entry.id),
)]
async fn process(
    redis: &mut Redis,
    stream: &str,
    entry: &StreamId,
    attempts: &Attempts,
) -> Result<String, VisitError> {
    let page = entry.get("page").ok_or(VisitError::Poisoned)?;
    redis.xack(stream, GROUP, &[&entry.id]).await?;
    Ok(page)
}

/// Processes many entries at once. A span has one parent, so that it links to their senders.
#[traced(
    name = "process visits",
    kind = "consumer",
    attributes(
        messaging.system = "redis",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = stream,
        messaging.batch.message_count = entries.len(),
    ),
    links = entries.iter().filter_map(remote_span_context),
)]
async fn process_batch(
    redis: &mut Redis,
    stream: &str,
    entries: &[StreamId],
) -> Result<usize, VisitError> {
    let ids: Vec<_> = entries.iter().map(|entry| &entry.id).collect();
    Ok(redis.xack(stream, GROUP, &ids).await?)
}
