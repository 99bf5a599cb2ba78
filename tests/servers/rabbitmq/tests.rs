use std::time::Duration;

use lapin::options::{ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::LongString;
use lapin::{Connection, ConnectionProperties};
use opentelemetry::trace::{SpanKind, Status};
use traced::testing::Released;
use traced_servers::{
    address, assert_attributes, assert_linked, captured, kill, links, request, unique,
};

use super::*;

#[traced]
async fn connect(url: &str) -> Channel {
    let connection = Connection::connect(url, ConnectionProperties::default())
        .await
        .expect("RabbitMQ answers");
    let channel = connection.create_channel().await.expect("a channel");
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await
        .expect("confirms");
    channel
}

/// A queue that no other test uses, and the queue of its dead letters.
async fn queue(channel: &Channel) -> (String, String) {
    let (queue, dead) = (unique("orders"), unique("dead"));
    let mut arguments = FieldTable::default();
    for (key, value) in [
        ("x-dead-letter-exchange", ""),
        ("x-dead-letter-routing-key", &dead),
    ] {
        arguments.insert(key.into(), AMQPValue::LongString(value.into()));
    }
    for (name, arguments) in [(&dead, FieldTable::default()), (&queue, arguments)] {
        let name = name.as_str().into();
        channel
            .queue_declare(name, QueueDeclareOptions::default(), arguments)
            .await
            .expect("a queue");
    }
    (queue, dead)
}

/// A message of an application that sets a header.
fn message(id: &str) -> BasicProperties {
    let mut headers = FieldTable::default();
    headers.insert("x-tenant".into(), AMQPValue::LongString("acme".into()));
    BasicProperties::default()
        .with_message_id(id.into())
        .with_content_type("text/plain".into())
        .with_headers(headers)
}

/// The next message of a queue, which is there or on its way.
async fn next(channel: &Channel, queue: &str) -> Delivery {
    for _ in 0..500 {
        let got = channel
            .basic_get(queue.into(), BasicGetOptions::default())
            .await;
        if let Some(message) = got.expect("the connection lives") {
            return message.delivery;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nothing arrived in {queue}");
}

fn header<'d>(delivery: &'d Delivery, key: &str) -> Option<&'d AMQPValue> {
    delivery.properties.headers().as_ref()?.inner().get(key)
}

#[tokio::test]
async fn a_message_is_processed_in_the_trace_that_sent_it() {
    // The connection outlives the request that opens it.
    let ((channel, queue), first) = request(async {
        let channel = connect(&address("RABBITMQ_URL")).await;
        let (queue, _) = queue(&channel).await;
        let body = b"one teapot";
        publish(&channel, &queue, body, message("order-1"))
            .await
            .unwrap();
        (channel, queue)
    })
    .await;
    // lapin keeps nothing of the request.
    first.spans().wait_for_async(Released).await;
    let (_, second) = captured(async {
        let delivery = next(&channel, &queue).await;
        process(&delivery, &Attempts::default()).await.unwrap();
        delivery.ack(BasicAckOptions::default()).await.unwrap();
    })
    .await;

    let first = first.spans();
    let sent = first.named("publish orders");
    assert_eq!(sent.kind(), &SpanKind::Producer);
    assert_attributes(
        sent,
        [
            ("messaging.system", "rabbitmq".into()),
            ("messaging.operation.name", "publish".into()),
            ("messaging.operation.type", "send".into()),
            ("messaging.destination.name", queue.clone().into()),
            ("messaging.message.id", "order-1".into()),
            ("messaging.message.body.size", 10.into()),
        ],
    );
    let processed = second.named("process orders");
    assert_eq!(processed.kind(), &SpanKind::Consumer);
    assert!(processed.is_child_of(sent) && processed.data().parent_span_is_remote);
    assert_attributes(
        processed,
        [
            ("messaging.operation.type", "process".into()),
            ("messaging.destination.name", queue.into()),
            ("messaging.message.id", "order-1".into()),
        ],
    );
}

#[tokio::test]
async fn nothing_of_a_message_is_lost_on_its_way() {
    let channel = connect(&address("RABBITMQ_URL")).await;
    let (queue, _) = queue(&channel).await;
    let (sent, _) = captured(publish(&channel, &queue, b"one teapot", message("order-1"))).await;
    sent.unwrap();
    let delivery = next(&channel, &queue).await;
    assert_eq!(delivery.data, b"one teapot");
    assert_eq!(id(&delivery.properties), "order-1");
    assert_eq!(
        delivery.properties.content_type(),
        message("").content_type()
    );
    assert_eq!(
        header(&delivery, "x-tenant"),
        Some(&AMQPValue::LongString("acme".into()))
    );
}

#[tokio::test]
async fn receiving_is_a_client_span_linked_to_the_sender() {
    let channel = connect(&address("RABBITMQ_URL")).await;
    let (queue, _) = queue(&channel).await;
    let (_, spans) = captured(async {
        assert!(receive(&channel, &queue).await.unwrap().is_none());
        publish(&channel, &queue, b"one teapot", message("order-1"))
            .await
            .unwrap();
        assert!(receive(&channel, &queue).await.unwrap().is_some());
    })
    .await;
    let [empty, full] = spans.find().name("get orders").exactly();
    for got in [empty, full] {
        assert_eq!(got.kind(), &SpanKind::Client);
        assert_eq!(
            got.attribute("messaging.operation.type"),
            Some("receive".into())
        );
    }
    assert_attributes(empty, [("messaging.batch.message_count", 0.into())]);
    assert_attributes(full, [("messaging.batch.message_count", 1.into())]);
    assert_linked(empty, &[]);
    assert_linked(full, &[spans.named("publish orders")]);
}

#[tokio::test]
async fn a_batch_is_linked_to_every_sender() {
    let channel = connect(&address("RABBITMQ_URL")).await;
    let (queue, _) = queue(&channel).await;
    let mut senders = Vec::new();
    for number in 0..3 {
        let properties = message(&format!("order-{number}"));
        let (sent, spans) = captured(publish(&channel, &queue, b"one teapot", properties)).await;
        sent.unwrap();
        senders.push(spans.named("publish orders").clone());
    }
    // A message without a trace.
    let bare = BasicPublishOptions::default();
    let sent = channel.basic_publish(
        "".into(),
        queue.as_str().into(),
        bare,
        b"one",
        message("bare"),
    );
    sent.await.unwrap().await.unwrap();
    let (_, spans) = captured(async {
        let mut batch = Vec::new();
        for _ in 0..4 {
            batch.push(receive(&channel, &queue).await.unwrap().expect("a message"));
        }
        process_batch(&queue, &batch).await.unwrap();
    })
    .await;
    let batch = spans.named("process orders");
    assert_eq!(batch.kind(), &SpanKind::Consumer);
    assert!(batch.is_root());
    assert_attributes(batch, [("messaging.batch.message_count", 4.into())]);
    assert_linked(batch, &senders.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_redelivery_is_linked_to_the_attempt_before() {
    let channel = connect(&address("RABBITMQ_URL")).await;
    let (queue, _) = queue(&channel).await;
    let (_, spans) = captured(async {
        let body = b"one teapot, at the second attempt";
        publish(&channel, &queue, body, message("order-1"))
            .await
            .unwrap();
        work(&channel, &queue, &Attempts::default(), 2)
            .await
            .unwrap();
    })
    .await;
    let [first, second] = spans.find().name("process orders").exactly();
    for attempt in [first, second] {
        assert!(attempt.is_child_of(spans.named("publish orders")));
    }
    assert_attributes(first, [("rabbitmq.redelivered", false.into())]);
    assert_attributes(second, [("rabbitmq.redelivered", true.into())]);
    assert!(first.has_failed());
    assert_eq!(second.status(), &Status::Unset);
    assert_linked(first, &[]);
    assert_linked(second, &[first]);
}

#[tokio::test]
async fn a_dead_letter_keeps_its_history_as_links() {
    let channel = connect(&address("RABBITMQ_URL")).await;
    let (queue, dead) = queue(&channel).await;
    let (_, spans) = captured(async {
        let attempts = Attempts::default();
        publish(&channel, &queue, b"too many teapots", message("order-1"))
            .await
            .unwrap();
        work(&channel, &queue, &attempts, 2).await.unwrap();
        let delivery = next(&channel, &dead).await;
        bury(&delivery, &attempts).await;
        assert_eq!(
            header(&delivery, "x-tenant"),
            Some(&AMQPValue::LongString("acme".into()))
        );
    })
    .await;
    let [_, last] = spans.find().name("process orders").exactly();
    let buried = spans.named("process dead orders");
    assert!(buried.is_root());
    assert_attributes(
        buried,
        [
            ("rabbitmq.death.reason", "rejected".into()),
            ("rabbitmq.death.queue", queue.into()),
            ("messaging.destination.name", dead.into()),
        ],
    );
    assert_linked(buried, &[spans.named("publish orders"), last]);
}

#[tokio::test]
async fn a_message_that_is_sent_on_keeps_its_first_sender_as_a_link() {
    let channel = connect(&address("RABBITMQ_URL")).await;
    let ((queue, _), (later, _)) = (queue(&channel).await, queue(&channel).await);
    let (_, spans) = captured(async {
        publish(&channel, &queue, b"too many teapots", message("order-1"))
            .await
            .unwrap();
        let delivery = next(&channel, &queue).await;
        process(&delivery, &Attempts::default()).await.unwrap_err();
        postpone(&channel, &delivery, &later).await.unwrap();
        let delivery = next(&channel, &later).await;
        // The message is postponed twice, and its first sender stays the first.
        postpone(&channel, &delivery, &later).await.unwrap();
        process_postponed(&next(&channel, &later).await)
            .await
            .unwrap();
    })
    .await;
    let [first, _, third] = spans.find().name("publish orders").exactly();
    let processed = spans.named("process postponed orders");
    assert!(processed.is_child_of(third));
    assert_linked(processed, &[first]);
}

#[tokio::test]
async fn a_poisoned_message_fails_visibly_and_the_next_one_is_processed() {
    let channel = connect(&address("RABBITMQ_URL")).await;
    let (queue, dead) = queue(&channel).await;
    let poison: &[u8] = &[0xff, 0xfe];
    let (_, spans) = captured(async {
        publish(&channel, &queue, poison, message("poison"))
            .await
            .unwrap();
        publish(&channel, &queue, b"one teapot", message("order-1"))
            .await
            .unwrap();
        work(&channel, &queue, &Attempts::default(), 2)
            .await
            .unwrap();
    })
    .await;
    let [poisoned, other] = spans.find().name("process orders").exactly();
    assert_eq!(poisoned.exceptions().len(), 1);
    assert!(poisoned.has_failed());
    assert_attributes(poisoned, [("messaging.message.id", "poison".into())]);
    assert_eq!(other.status(), &Status::Unset);
    assert_eq!(
        next(&channel, &dead).await.data,
        poison,
        "nothing of it is lost"
    );
}

#[tokio::test]
async fn invalid_headers_give_a_new_trace_and_stay_as_they_are() {
    let channel = connect(&address("RABBITMQ_URL")).await;
    let (queue, _) = queue(&channel).await;
    let hostile = [
        AMQPValue::LongString("00-4bf92f3577b34da6a3ce929d0e0e4736-zzz".into()),
        AMQPValue::LongString(LongString::from(vec![0xff, 0xfe])),
        AMQPValue::LongString("0".repeat(100_000).into()),
        AMQPValue::LongLongInt(7),
        AMQPValue::Void,
    ];
    for value in hostile {
        let mut headers = FieldTable::default();
        headers.insert("traceparent".into(), value.clone());
        let properties = message("order-1").with_headers(headers);
        let to = queue.as_str().into();
        let sent = channel.basic_publish(
            "".into(),
            to,
            BasicPublishOptions::default(),
            b"one",
            properties,
        );
        sent.await.unwrap().await.unwrap();
        let (delivery, spans) = captured(async {
            let delivery = receive(&channel, &queue).await.unwrap().expect("a message");
            process(&delivery, &Attempts::default()).await.unwrap();
            delivery
        })
        .await;
        let processed = spans.named("process orders");
        assert!(processed.is_root(), "{value:?}");
        assert!(links(spans.named("get orders")).is_empty(), "{value:?}");
        assert_eq!(header(&delivery, "traceparent"), Some(&value));
    }
}

#[tokio::test]
async fn a_broker_that_goes_away_is_an_error_and_the_work_goes_on() {
    let doomed = connect(&address("RABBITMQ_DOOMED_URL")).await;
    let channel = connect(&address("RABBITMQ_URL")).await;
    let (queue, _) = queue(&channel).await;
    let (_, spans) = captured(async {
        kill(&address("RABBITMQ_DOOMED_PROCESS")).await;
        place(&doomed, &channel, &queue, b"one teapot", message("order-1"))
            .await
            .unwrap();
        let delivery = next(&channel, &queue).await;
        process(&delivery, &Attempts::default()).await.unwrap();
        assert_eq!(
            header(&delivery, "x-tenant"),
            Some(&AMQPValue::LongString("acme".into()))
        );
        assert_eq!(delivery.data, b"one teapot");
    })
    .await;
    let place = spans.named("place");
    let [lost, sent] = spans.find().name("publish orders").exactly();
    assert!(lost.is_child_of(place) && sent.is_child_of(place));
    assert!(lost.has_failed());
    assert_eq!(lost.exceptions().len(), 1);
    assert_eq!(
        (sent.status(), place.status()),
        (&Status::Unset, &Status::Unset)
    );
    assert!(spans.named("process orders").is_child_of(sent));
}
