//! rdkafka on the cluster that librdkafka brings for tests: the clients are the real ones.

use std::time::Duration;

use futures::FutureExt as _;
use opentelemetry::trace::{SpanKind, Status};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers as _, Message, OwnedHeaders, OwnedMessage};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::future_producer::Delivery;
use rdkafka::producer::{DefaultProducerContext, FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use traced::propagation::Carrier;
use traced::{sender, traced};
use traced_servers::{assert_attributes, assert_linked, captured, links, request};

use crate::history::{FirstSender, keep_first_sender};

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

/// Waits for one record and takes what else is there, at most so many.
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
    for sender in batch.iter().filter_map(|record| sender(&record.headers())) {
        traced::add_link(sender);
    }
    Ok(batch)
}

/// One record, borrowed or owned: whoever sent it is the parent. One that comes from the topic of retries is also
/// linked to whoever sent it first.
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
    links = sender(&FirstSender(record.headers())),
)]
async fn process(record: &impl Message<Headers: Carrier>) -> Result<(), PaymentError> {
    match std::str::from_utf8(record.payload().unwrap_or_default())? {
        "on a holiday" if record.topic() == TOPIC => Err(PaymentError::BankClosed),
        _ => Ok(()),
    }
}

/// Many records at once: their senders cannot all be the parent.
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
    links = batch.iter().filter_map(|record| sender(&record.headers())),
)]
async fn process_batch(batch: &[OwnedMessage]) -> Result<(), PaymentError> {
    for record in batch {
        std::str::from_utf8(record.payload().unwrap_or_default())?;
    }
    Ok(())
}

/// Kafka knows no redelivery: what failed is sent to the topic of retries, with its history.
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

/// One payment after the other; what fails, for whatever reason, is not in the way of the next.
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

/// Tries until the cluster is there again.
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

// --- What the tests need beside ----------------------------------------------

/// A cluster of the test's own.
struct Cluster(MockCluster<'static, DefaultProducerContext>);

impl Cluster {
    fn new() -> Self {
        let cluster = MockCluster::new(1).expect("a cluster");
        for topic in [TOPIC, RETRY] {
            cluster.create_topic(topic, 1, 1).expect("a topic");
        }
        Cluster(cluster)
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.0.bootstrap_servers())
            // Nobody need read that the broker went away.
            .set("log_level", "0");
        config
    }

    fn producer(&self) -> FutureProducer {
        let mut config = self.config();
        config.set("message.timeout.ms", "1500");
        config.create().expect("a producer")
    }

    /// Reads a topic from its beginning; without a group, whose members would have to meet first.
    fn consumer(&self, topic: &str) -> StreamConsumer {
        let mut config = self.config();
        config
            .set("group.id", "bank")
            .set("enable.auto.commit", "false");
        let consumer: StreamConsumer = config.create().expect("a consumer");
        let mut partitions = TopicPartitionList::new();
        partitions
            .add_partition_offset(topic, 0, Offset::Beginning)
            .expect("a partition");
        consumer.assign(&partitions).expect("an assignment");
        consumer
    }
}

/// Headers as an application makes them.
fn headers() -> OwnedHeaders {
    OwnedHeaders::new().insert(Header {
        key: "tenant",
        value: Some("acme"),
    })
}

/// The next record, whatever the consumer says of a broker that is away.
async fn next(consumer: &StreamConsumer) -> OwnedMessage {
    loop {
        if let Ok(record) = consumer.recv().await {
            return record.detach();
        }
    }
}

fn header<'r>(record: &'r OwnedMessage, key: &str) -> Option<&'r [u8]> {
    record
        .headers()?
        .iter()
        .find(|header| header.key == key)?
        .value
}

#[tokio::test]
async fn a_record_is_processed_in_the_trace_that_sent_it() {
    let cluster = Cluster::new();
    let (producer, consumer) = (cluster.producer(), cluster.consumer(TOPIC));
    let (sent, first) = request(send(&producer, TOPIC, "ada", b"ten euros", headers())).await;
    sent.unwrap();
    assert!(
        !first.is_held().await,
        "librdkafka holds the request's context"
    );
    let (record, second) = captured(async {
        let record = consumer.recv().await.unwrap().detach();
        process(&record).await.unwrap();
        record
    })
    .await;

    let first = first.spans();
    let sent = first.named("send payments");
    assert_eq!(sent.kind(), &SpanKind::Producer);
    assert_attributes(
        sent,
        [
            ("messaging.system", "kafka".into()),
            ("messaging.operation.name", "send".into()),
            ("messaging.operation.type", "send".into()),
            ("messaging.destination.name", TOPIC.into()),
            ("messaging.kafka.message.key", "ada".into()),
            ("messaging.destination.partition.id", "0".into()),
            ("messaging.kafka.offset", 0.into()),
        ],
    );
    let processed = second.named("process payments");
    assert_eq!(processed.kind(), &SpanKind::Consumer);
    assert!(processed.is_child_of(sent) && processed.data().parent_span_is_remote);
    assert_attributes(
        processed,
        [
            ("messaging.operation.type", "process".into()),
            ("messaging.destination.name", TOPIC.into()),
            ("messaging.destination.partition.id", "0".into()),
            ("messaging.kafka.offset", 0.into()),
            ("messaging.kafka.message.key", "ada".into()),
        ],
    );
    assert_eq!(
        processed.attribute("messaging.kafka.message.tombstone"),
        None
    );
    assert_eq!(record.payload(), Some(&b"ten euros"[..]));
    assert_eq!(
        header(&record, "tenant"),
        Some(&b"acme"[..]),
        "nothing of it is lost"
    );
}

#[tokio::test]
async fn a_batch_is_linked_to_every_sender() {
    let cluster = Cluster::new();
    let (producer, consumer) = (cluster.producer(), cluster.consumer(TOPIC));
    let mut senders = Vec::new();
    for _ in 0..3 {
        let (sent, spans) = captured(send(&producer, TOPIC, "ada", b"ten euros", headers())).await;
        sent.unwrap();
        senders.push(spans.named("send payments").clone());
    }
    // One that nobody traced.
    let bare = FutureRecord::to(TOPIC).key("ada").payload("ten euros");
    producer.send(bare, Duration::ZERO).await.unwrap();
    let (_, spans) = captured(async {
        let mut batch = Vec::new();
        while batch.len() < 4 {
            batch.extend(poll(&consumer, TOPIC, 4).await.unwrap());
        }
        process_batch(&batch).await.unwrap();
    })
    .await;
    // How many polls that takes is up to librdkafka.
    let polled = spans.all_named("poll payments");
    for poll in &polled {
        assert_eq!(poll.kind(), &SpanKind::Client);
        assert_attributes(poll, [("messaging.operation.type", "receive".into())]);
    }
    let linked = polled.iter().map(|poll| links(poll).len());
    assert_eq!(linked.sum::<usize>(), 3);
    let processed = spans.named("process payments");
    assert_eq!(processed.kind(), &SpanKind::Consumer);
    assert!(processed.is_root());
    assert_attributes(processed, [("messaging.batch.message_count", 4.into())]);
    assert_linked(processed, &senders.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_retry_is_processed_under_who_sent_it_on_and_linked_to_who_sent_it_first() {
    let cluster = Cluster::new();
    let (producer, consumer) = (cluster.producer(), cluster.consumer(TOPIC));
    let (record, spans) = captured(async {
        send(&producer, TOPIC, "ada", b"on a holiday", headers())
            .await
            .unwrap();
        work(&producer, &consumer, 1).await.unwrap();
        let retried = cluster.consumer(RETRY).recv().await.unwrap().detach();
        process(&retried).await.unwrap();
        retried
    })
    .await;
    let [sent, sent_on] = spans.all_named("send payments")[..] else {
        panic!("{}", spans.tree())
    };
    let [failed, retried] = spans.all_named("process payments")[..] else {
        panic!("{}", spans.tree())
    };
    assert!(failed.is_child_of(sent) && retried.is_child_of(sent_on));
    assert!(matches!(failed.status(), Status::Error { .. }));
    assert_eq!(retried.status(), &Status::Unset);
    assert_attributes(retried, [("messaging.destination.name", RETRY.into())]);
    assert_linked(failed, &[]);
    assert_linked(retried, &[sent]);
    assert_eq!(
        (record.key(), header(&record, "tenant")),
        (Some(&b"ada"[..]), Some(&b"acme"[..]))
    );
}

#[tokio::test]
async fn a_poisoned_record_fails_visibly_and_the_next_one_is_processed() {
    let cluster = Cluster::new();
    let (producer, consumer) = (cluster.producer(), cluster.consumer(TOPIC));
    let poison: &[u8] = &[0xff, 0xfe];
    let (_, spans) = captured(async {
        send(&producer, TOPIC, "poison", poison, headers())
            .await
            .unwrap();
        send(&producer, TOPIC, "ada", b"ten euros", headers())
            .await
            .unwrap();
        work(&producer, &consumer, 2).await.unwrap();
    })
    .await;
    let [poisoned, other] = spans.all_named("process payments")[..] else {
        panic!("{}", spans.tree())
    };
    assert_eq!(poisoned.exceptions().len(), 1);
    assert!(matches!(poisoned.status(), Status::Error { .. }));
    assert_attributes(poisoned, [("messaging.kafka.message.key", "poison".into())]);
    assert_eq!(other.status(), &Status::Unset);
    let kept = cluster.consumer(RETRY).recv().await.unwrap().detach();
    assert_eq!(kept.payload(), Some(poison), "nothing of it is lost");
}

#[tokio::test]
async fn headers_that_name_nobody_give_a_new_trace_and_stay_as_they_are() {
    let cluster = Cluster::new();
    let (producer, consumer) = (cluster.producer(), cluster.consumer(TOPIC));
    let long = [b'0'; 100_000];
    for value in [
        Some(&b"00-nonsense"[..]),
        Some(&[0xff]),
        Some(&[]),
        Some(&long),
        None,
    ] {
        let headers = headers().insert(Header {
            key: "traceparent",
            value,
        });
        let bare = FutureRecord::to(TOPIC)
            .key("ada")
            .payload("ten euros")
            .headers(headers);
        producer.send(bare, Duration::ZERO).await.unwrap();
        let (batch, spans) = captured(async {
            let batch = poll(&consumer, TOPIC, 1).await.unwrap();
            process(&batch[0]).await.unwrap();
            batch
        })
        .await;
        assert!(spans.named("process payments").is_root(), "{value:?}");
        assert!(links(spans.named("poll payments")).is_empty(), "{value:?}");
        assert_eq!(header(&batch[0], "traceparent"), value);
    }
}

#[tokio::test]
async fn a_tombstone_says_that_it_is_one() {
    let cluster = Cluster::new();
    let (producer, consumer) = (cluster.producer(), cluster.consumer(TOPIC));
    let tombstone = FutureRecord::<str, str>::to(TOPIC).key("ada");
    producer.send(tombstone, Duration::ZERO).await.unwrap();
    let (_, spans) = captured(async {
        process(&consumer.recv().await.unwrap().detach())
            .await
            .unwrap();
    })
    .await;
    let processed = spans.named("process payments");
    assert_attributes(
        processed,
        [("messaging.kafka.message.tombstone", true.into())],
    );
}

#[tokio::test]
async fn a_cluster_that_goes_away_is_an_error_and_the_work_goes_on() {
    let cluster = Cluster::new();
    let (producer, consumer) = (cluster.producer(), cluster.consumer(TOPIC));
    let (record, spans) = captured(async {
        send(&producer, TOPIC, "ada", b"before", headers())
            .await
            .unwrap();
        cluster.0.broker_down(1).unwrap();
        let comes_back = async || cluster.0.broker_up(1).unwrap();
        send_patiently(&producer, b"ten euros", headers(), comes_back)
            .await
            .unwrap();
        assert_eq!(next(&consumer).await.payload(), Some(&b"before"[..]));
        let record = next(&consumer).await;
        process(&record).await.unwrap();
        record
    })
    .await;
    let patient = spans.named("send_patiently");
    let [_, lost @ .., sent] = &spans.all_named("send payments")[..] else {
        panic!("{}", spans.tree())
    };
    assert!(!lost.is_empty(), "{}", spans.tree());
    for lost in lost {
        assert!(lost.is_child_of(patient));
        assert!(matches!(lost.status(), Status::Error { .. }));
        assert_eq!(lost.exceptions().len(), 1);
    }
    assert!(sent.is_child_of(patient));
    assert_eq!(
        (sent.status(), patient.status()),
        (&Status::Unset, &Status::Unset)
    );
    assert!(spans.named("process payments").is_child_of(sent));
    assert_eq!(record.payload(), Some(&b"ten euros"[..]));
    assert_eq!(header(&record, "tenant"), Some(&b"acme"[..]));
}
