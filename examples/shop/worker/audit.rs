//! The audit from NATS in batches: a batch is a trace of its own, linked to the senders of its
//! messages.

use std::time::Duration;

use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::consumer::pull::Config;
use async_nats::jetstream::context::CreateStreamError;
use async_nats::jetstream::stream::ConsumerError;
use futures_util::TryStreamExt as _;
use shop::OrderPlaced;
use shop::queues::{self, AUDIT};
use thiserror::Error;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use traced::{remote_span_context, traced};

use crate::Failed;
use crate::store::Store;

/// The largest number of messages in a batch.
const BATCH: usize = 100;

/// The pause when there are no messages.
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) struct Audit {
    consumer: PullConsumer,
    store: Store,
}

/// The reason why the audit cannot be read.
#[derive(Debug, Error)]
pub(crate) enum AuditError {
    #[error("cannot connect to NATS")]
    Connect(#[from] async_nats::ConnectError),
    #[error("NATS has no stream for the auditors")]
    Stream(#[from] CreateStreamError),
    #[error("NATS does not let us read")]
    Consumer(#[from] ConsumerError),
    #[error("NATS did not take an acknowledgement")]
    Nats(#[from] async_nats::Error),
    #[error("the audit was not recorded")]
    Database(#[from] sqlx::Error),
}

impl Audit {
    pub(crate) async fn connect(nats: &str, store: Store) -> Result<Self, AuditError> {
        let nats = async_nats::connect(nats).await?;
        let config = Config {
            durable_name: Some("auditors".to_owned()),
            ..Default::default()
        };
        let stream = queues::audit_stream(&nats).await?;
        let consumer = stream.get_or_create_consumer("auditors", config).await?;
        Ok(Audit { consumer, store })
    }

    pub(crate) async fn read_all(&self, stopping: &CancellationToken) -> Result<(), Failed> {
        while !stopping.is_cancelled() {
            let batch = self.consumer.fetch().max_messages(BATCH).messages().await?;
            let batch: Vec<Message> = batch.try_collect().await?;
            if batch.is_empty() {
                stopping.run_until_cancelled(sleep(PAUSE)).await;
                continue;
            }
            // NATS delivers a message again if it was not acknowledged.
            let _ = self.process(&batch).await;
        }
        Ok(())
    }

    #[traced(
        name = "process audit",
        kind = "consumer",
        links = batch.iter().filter_map(|message| remote_span_context(&message.headers)),
        attributes(
            messaging.system = "nats",
            messaging.operation.type = "process",
            messaging.operation.name = "process",
            messaging.destination.name = AUDIT,
            messaging.batch.message_count = batch.len(),
        ),
    )]
    async fn process(&self, batch: &[Message]) -> Result<(), AuditError> {
        let (ids, texts): (Vec<_>, Vec<_>) = batch.iter().map(read).unzip();
        self.store.audit(&ids, &texts).await?;
        for message in batch {
            message.ack().await?;
        }
        Ok(())
    }
}

/// Keeps every message; the order number is 0 if the message is not an order.
fn read(message: &Message) -> (i64, String) {
    let placed: Result<OrderPlaced, _> = serde_json::from_slice(&message.payload);
    let id = placed.map_or(0, |placed| placed.id);
    (id, String::from_utf8_lossy(&message.payload).into_owned())
}
