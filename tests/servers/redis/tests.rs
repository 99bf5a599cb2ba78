use opentelemetry::trace::SpanKind;
use traced::testing::Released;
use traced_servers::{address, assert_attributes, assert_linked, captured, links, request, unique};

use super::*;

/// A stream that no other test uses, with its group.
#[traced]
async fn stream() -> (Redis, String) {
    let client = redis::Client::open(address("REDIS_URL")).expect("an address");
    let connection = client.get_multiplexed_async_connection().await;
    let (mut redis, stream) = (connection.expect("redis answers"), unique("visits"));
    redis
        .xgroup_create_mkstream(&stream, GROUP, "0")
        .await
        .expect("a group");
    (redis, stream)
}

fn visit() -> Vec<(String, String)> {
    vec![("page".to_owned(), "/teapots".to_owned())]
}

#[tokio::test]
async fn an_entry_is_processed_in_the_trace_that_sent_it() {
    // The connection outlives the request that opens it.
    let ((mut redis, stream, id), first) = request(async {
        let (mut redis, stream) = stream().await;
        let id = add(&mut redis, &stream, visit()).await.unwrap();
        (redis, stream, id.expect("an id"))
    })
    .await;
    // The connection keeps nothing of the request.
    first.spans().wait_for_async(Released).await;
    let (page, second) = captured(async {
        let entries = read(&mut redis, &stream, "ada").await.unwrap();
        process(&mut redis, &stream, &entries[0], &Attempts::default())
            .await
            .unwrap()
    })
    .await;
    assert_eq!(page, "/teapots");

    let first = first.spans();
    let sent = first.named("xadd visits");
    assert_eq!(sent.kind(), &SpanKind::Producer);
    assert_attributes(
        sent,
        [
            ("messaging.operation.type", "send".into()),
            ("messaging.destination.name", stream.into()),
            ("messaging.message.id", id.clone().into()),
        ],
    );
    let received = second.named("xreadgroup visits");
    assert_eq!(received.kind(), &SpanKind::Client);
    assert_attributes(received, [("messaging.batch.message_count", 1.into())]);
    assert_linked(received, &[sent]);
    let processed = second.named("process visits");
    assert_eq!(processed.kind(), &SpanKind::Consumer);
    assert!(processed.is_child_of(sent) && processed.data().parent_span_is_remote);
    assert_attributes(processed, [("messaging.message.id", id.into())]);
}

#[tokio::test]
async fn a_batch_is_linked_to_every_sender() {
    let (mut redis, stream) = stream().await;
    let (_, sent) = captured(async {
        for _ in 0..3 {
            add(&mut redis, &stream, visit()).await.unwrap();
        }
    })
    .await;
    // An entry without a trace.
    redis.xadd(&stream, "*", &visit()).await.unwrap();
    let (_, spans) = captured(async {
        let entries = read(&mut redis, &stream, "ada").await.unwrap();
        assert_eq!(
            process_batch(&mut redis, &stream, &entries).await.unwrap(),
            4
        );
    })
    .await;
    let processed = spans.named("process visits");
    assert!(processed.is_root());
    assert_attributes(processed, [("messaging.batch.message_count", 4.into())]);
    assert_linked(processed, &sent.all_named("xadd visits"));
}

#[tokio::test]
async fn a_claimed_entry_is_linked_to_the_attempt_before() {
    let (mut redis, stream) = stream().await;
    let attempts = Attempts::default();
    let (_, spans) = captured(async {
        add(
            &mut redis,
            &stream,
            vec![("nothing".to_owned(), String::new())],
        )
        .await
        .unwrap();
        let entries = read(&mut redis, &stream, "ada").await.unwrap();
        process(&mut redis, &stream, &entries[0], &attempts)
            .await
            .unwrap_err();
        let entries = claim(&mut redis, &stream, "grace").await.unwrap();
        process(&mut redis, &stream, &entries[0], &attempts)
            .await
            .unwrap_err();
    })
    .await;
    let sent = spans.named("xadd visits");
    assert_linked(spans.named("xautoclaim visits"), &[sent]);
    let [first, second] = spans.find().name("process visits").exactly();
    for attempt in [first, second] {
        assert!(attempt.is_child_of(sent));
        assert!(attempt.has_failed());
        assert_eq!(attempt.exceptions().len(), 1);
    }
    assert_linked(first, &[]);
    assert_linked(second, &[first]);
}

#[tokio::test]
async fn invalid_fields_give_a_new_trace() {
    let (mut redis, stream) = stream().await;
    let long = "0".repeat(100_000);
    for value in [&b"00-nonsense"[..], &[0xff], &[], long.as_bytes()] {
        let fields = [("page", &b"/teapots"[..]), ("traceparent", value)];
        redis.xadd(&stream, "*", &fields).await.unwrap();
        let (_, spans) = captured(async {
            let entries = read(&mut redis, &stream, "ada").await.unwrap();
            process(&mut redis, &stream, &entries[0], &Attempts::default())
                .await
                .unwrap();
        })
        .await;
        assert!(spans.named("process visits").is_root(), "{value:?}");
        assert!(
            links(spans.named("xreadgroup visits")).is_empty(),
            "{value:?}"
        );
    }
}
