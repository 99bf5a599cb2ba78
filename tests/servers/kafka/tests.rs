use opentelemetry::trace::{SpanKind, Status};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::Consumer as _;
use rdkafka::message::{Header, Headers as _};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::{Offset, TopicPartitionList};
use traced::testing::Released;
use traced_servers::{assert_attributes, assert_linked, captured, links, request};

use super::*;

/// A cluster that no other test uses.
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
            // Does not log that the broker went away.
            .set("log_level", "0");
        config
    }

    fn producer(&self) -> FutureProducer {
        let mut config = self.config();
        config.set("message.timeout.ms", "1500");
        config.create().expect("a producer")
    }

    /// Reads a topic from its beginning. The partition is assigned, because joining a group takes seconds.
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

/// The next record. Errors of the consumer about a broker that is away are passed over.
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
    // librdkafka keeps nothing of the request.
    first.spans().wait_for_async(Released).await;
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
    // A record without a trace.
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
    // librdkafka decides how many polls that takes.
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
async fn a_retry_is_a_child_of_the_last_sender_and_linked_to_the_first() {
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
    let [sent, sent_on] = spans.find().name("send payments").exactly();
    let [failed, retried] = spans.find().name("process payments").exactly();
    assert!(failed.is_child_of(sent) && retried.is_child_of(sent_on));
    assert!(failed.has_failed());
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
    let [poisoned, other] = spans.find().name("process payments").exactly();
    assert_eq!(poisoned.exceptions().len(), 1);
    assert!(poisoned.has_failed());
    assert_attributes(poisoned, [("messaging.kafka.message.key", "poison".into())]);
    assert_eq!(other.status(), &Status::Unset);
    let kept = cluster.consumer(RETRY).recv().await.unwrap().detach();
    assert_eq!(kept.payload(), Some(poison), "nothing of it is lost");
}

#[tokio::test]
async fn invalid_headers_give_a_new_trace_and_stay_as_they_are() {
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
        assert!(lost.has_failed());
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
