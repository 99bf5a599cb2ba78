use std::time::Duration;

use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::stream;
use opentelemetry::trace::{SpanKind, Status};
use traced::testing::Released;
use traced_servers::{
    address, assert_attributes, assert_linked, captured, kill, links, request, unique,
};

use super::*;

#[traced]
async fn connect(url: &str) -> JetStream {
    let client = async_nats::connect(url).await.expect("NATS answers");
    let mut jetstream = async_nats::jetstream::new(client);
    jetstream.set_timeout(Duration::from_secs(1));
    jetstream
}

/// A subject that no other test uses, one for the dead messages, and a consumer of each.
struct Subjects {
    live: String,
    dead: String,
    living: PullConsumer,
    buried: PullConsumer,
}

async fn subjects(jetstream: &JetStream) -> Subjects {
    let name = unique("parcels");
    let (live, dead) = (format!("{name}.live"), format!("{name}.dead"));
    let subjects = vec![live.clone(), dead.clone()];
    let stream = stream::Config {
        name,
        subjects,
        ..stream::Config::default()
    };
    let stream = jetstream.create_stream(stream).await.expect("a stream");
    let consumer = async |subject: &String| {
        let filter_subject = subject.clone();
        let consumer = pull::Config {
            filter_subject,
            ..pull::Config::default()
        };
        stream.create_consumer(consumer).await.expect("a consumer")
    };
    let (living, buried) = (consumer(&live).await, consumer(&dead).await);
    Subjects {
        live,
        dead,
        living,
        buried,
    }
}

/// Headers as an application makes them.
fn headers(id: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(NATS_MESSAGE_ID, id);
    headers.insert("Tenant", "acme");
    headers
}

/// The next message, which is there or on its way.
async fn next(consumer: &PullConsumer) -> Message {
    let mut messages = consumer.messages().await.expect("messages");
    messages
        .next()
        .await
        .expect("a message")
        .expect("the connection lives")
}

fn header<'m>(message: &'m Message, key: &str) -> Option<&'m str> {
    Some(message.headers.as_ref()?.get(key)?.as_str())
}

#[tokio::test]
async fn a_message_is_processed_in_the_trace_that_sent_it() {
    // The connection outlives the request that opens it.
    let ((_jetstream, subjects), first) = request(async {
        let jetstream = connect(&address("NATS_URL")).await;
        let subjects = subjects(&jetstream).await;
        let body = b"a teapot";
        publish(&jetstream, &subjects.live, body, headers("parcel-1"))
            .await
            .unwrap();
        (jetstream, subjects)
    })
    .await;
    // The client keeps nothing of the request.
    first.spans().wait_for_async(Released).await;
    let (message, second) = captured(async {
        let message = next(&subjects.living).await;
        process(&message, &Attempts::default()).await.unwrap();
        message
    })
    .await;

    let first = first.spans();
    let sent = first.named("publish parcels");
    assert_eq!(sent.kind(), &SpanKind::Producer);
    assert_attributes(
        sent,
        [
            ("messaging.system", "nats".into()),
            ("messaging.operation.name", "publish".into()),
            ("messaging.operation.type", "send".into()),
            ("messaging.destination.name", subjects.live.clone().into()),
            ("messaging.message.id", "parcel-1".into()),
            ("nats.stream.sequence", 1.into()),
        ],
    );
    let processed = second.named("process parcels");
    assert_eq!(processed.kind(), &SpanKind::Consumer);
    assert!(processed.is_child_of(sent) && processed.data().parent_span_is_remote);
    assert_attributes(
        processed,
        [
            ("messaging.operation.type", "process".into()),
            ("messaging.destination.name", subjects.live.into()),
            ("messaging.message.id", "parcel-1".into()),
            ("nats.delivered", 1.into()),
        ],
    );
    assert_eq!(&message.payload[..], b"a teapot");
    assert_eq!(
        header(&message, "Tenant"),
        Some("acme"),
        "nothing of it is lost"
    );
}

#[tokio::test]
async fn a_batch_is_linked_to_every_sender() {
    let jetstream = connect(&address("NATS_URL")).await;
    let subjects = subjects(&jetstream).await;
    let mut senders = Vec::new();
    for number in 0..3 {
        let headers = headers(&format!("parcel-{number}"));
        let (sent, spans) =
            captured(publish(&jetstream, &subjects.live, b"a teapot", headers)).await;
        sent.unwrap();
        senders.push(spans.named("publish parcels").clone());
    }
    // A message without a trace.
    let sent = jetstream
        .publish(subjects.live.clone(), "a teapot".into())
        .await;
    sent.unwrap().await.unwrap();
    let (_, spans) = captured(async {
        let batch = receive(&subjects.living, &subjects.live, 10).await.unwrap();
        process_batch(&batch).await.unwrap();
    })
    .await;
    let (fetched, processed) = (spans.named("fetch parcels"), spans.named("process parcels"));
    assert_eq!(
        (fetched.kind(), processed.kind()),
        (&SpanKind::Client, &SpanKind::Consumer)
    );
    assert_attributes(fetched, [("messaging.operation.type", "receive".into())]);
    for span in [fetched, processed] {
        assert!(span.is_root());
        assert_attributes(span, [("messaging.batch.message_count", 4.into())]);
        assert_linked(span, &senders.iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_redelivery_is_linked_to_the_attempt_before() {
    let jetstream = connect(&address("NATS_URL")).await;
    let subjects = subjects(&jetstream).await;
    let (_, spans) = captured(async {
        let body = b"at the second attempt";
        publish(&jetstream, &subjects.live, body, headers("parcel-1"))
            .await
            .unwrap();
        work(&jetstream, &subjects.living, &subjects.dead, 2)
            .await
            .unwrap();
    })
    .await;
    let [first, second] = spans.find().name("process parcels").exactly();
    for attempt in [first, second] {
        assert!(attempt.is_child_of(spans.named("publish parcels")));
    }
    assert_attributes(first, [("nats.delivered", 1.into())]);
    assert_attributes(second, [("nats.delivered", 2.into())]);
    assert!(first.has_failed());
    assert_eq!(second.status(), &Status::Unset);
    assert_linked(first, &[]);
    assert_linked(second, &[first]);
}

#[tokio::test]
async fn a_message_that_is_given_up_keeps_its_history_as_links() {
    let jetstream = connect(&address("NATS_URL")).await;
    let subjects = subjects(&jetstream).await;
    let (_, spans) = captured(async {
        let body = b"nobody is ever at home";
        publish(&jetstream, &subjects.live, body, headers("parcel-1"))
            .await
            .unwrap();
        work(&jetstream, &subjects.living, &subjects.dead, 3)
            .await
            .unwrap();
        let message = next(&subjects.buried).await;
        bury(&message).await;
        assert_eq!(header(&message, "Tenant"), Some("acme"));
        assert_eq!(&message.payload[..], body);
    })
    .await;
    let [sent, given_up] = spans.find().name("publish parcels").exactly();
    let [first, second, third] = spans.find().name("process parcels").exactly();
    assert_linked(second, &[first]);
    assert_linked(third, &[second]);
    let buried = spans.named("process dead parcels");
    assert!(buried.is_child_of(given_up));
    assert_linked(buried, &[sent]);
}

#[tokio::test]
async fn a_poisoned_message_fails_visibly_and_the_next_one_is_processed() {
    let jetstream = connect(&address("NATS_URL")).await;
    let subjects = subjects(&jetstream).await;
    let poison: &[u8] = &[0xff, 0xfe];
    let (_, spans) = captured(async {
        publish(&jetstream, &subjects.live, poison, headers("poison"))
            .await
            .unwrap();
        publish(&jetstream, &subjects.live, b"a teapot", headers("parcel-1"))
            .await
            .unwrap();
        work(&jetstream, &subjects.living, &subjects.dead, 2)
            .await
            .unwrap();
    })
    .await;
    let [poisoned, other] = spans.find().name("process parcels").exactly();
    assert_eq!(poisoned.exceptions().len(), 1);
    assert!(poisoned.has_failed());
    assert_eq!(other.status(), &Status::Unset);
    assert_eq!(
        &next(&subjects.buried).await.payload[..],
        poison,
        "nothing of it is lost"
    );
}

#[tokio::test]
async fn invalid_headers_give_a_new_trace_and_stay_as_they_are() {
    let jetstream = connect(&address("NATS_URL")).await;
    let subjects = subjects(&jetstream).await;
    let long = "0".repeat(50_000);
    for (number, value) in ["00-nonsense", "", "täglich", &long]
        .into_iter()
        .enumerate()
    {
        let mut headers = headers(&format!("parcel-{number}"));
        headers.insert("traceparent", value);
        let sent = jetstream.publish_with_headers(subjects.live.clone(), headers, "one".into());
        sent.await.unwrap().await.unwrap();
        let (batch, spans) = captured(async {
            let batch = receive(&subjects.living, &subjects.live, 1).await.unwrap();
            process(&batch[0], &Attempts::default()).await.unwrap();
            batch
        })
        .await;
        assert!(spans.named("process parcels").is_root(), "{value}");
        assert!(links(spans.named("fetch parcels")).is_empty(), "{value}");
        assert_eq!(header(&batch[0], "traceparent"), Some(value));
        batch[0].double_ack().await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_goes_away_is_an_error_and_the_work_goes_on() {
    let doomed = connect(&address("NATS_DOOMED_URL")).await;
    let jetstream = connect(&address("NATS_URL")).await;
    let subjects = subjects(&jetstream).await;
    let (_, spans) = captured(async {
        kill(&address("NATS_DOOMED_PROCESS")).await;
        let headers = headers("parcel-1");
        hand_in(&doomed, &jetstream, &subjects.live, b"a teapot", headers)
            .await
            .unwrap();
        let message = next(&subjects.living).await;
        process(&message, &Attempts::default()).await.unwrap();
        assert_eq!(header(&message, "Tenant"), Some("acme"));
        assert_eq!(&message.payload[..], b"a teapot");
    })
    .await;
    let hand_in = spans.named("hand_in");
    let [lost, sent] = spans.find().name("publish parcels").exactly();
    assert!(lost.is_child_of(hand_in) && sent.is_child_of(hand_in));
    assert!(lost.has_failed());
    assert_eq!(lost.exceptions().len(), 1);
    assert_eq!(
        (sent.status(), hand_in.status()),
        (&Status::Unset, &Status::Unset)
    );
    assert!(spans.named("process parcels").is_child_of(sent));
}
