//! Commands of a wrapped connection have spans, both those that are awaited and those that block.

use opentelemetry::trace::{SpanKind, Status};
use redis::{AsyncTypedCommands as _, Commands as _, RedisResult};
use traced::redis::Traced;
use traced::testing::{Span, Spans};
use traced::traced;
use traced_servers::{address, assert_attributes, captured, unique};

fn client() -> redis::Client {
    redis::Client::open(address("REDIS_URL")).unwrap()
}

/// A key and a value that no span may show.
fn secrets() -> (String, String) {
    (unique("key"), unique("hush"))
}

fn assert_shows_nothing(spans: &Spans, secrets: &(String, String)) {
    for span in spans.iter() {
        let all = format!("{:?}", span.data());
        assert!(
            !all.contains(&secrets.0) && !all.contains(&secrets.1),
            "{all}"
        );
    }
}

fn assert_command(span: &Span, operation: &str) {
    let redis::ConnectionAddr::Tcp(host, port) = client().get_connection_info().addr().clone()
    else {
        panic!("the server listens on a port");
    };
    assert_eq!(span.name(), operation);
    assert_eq!(span.data().span_kind, SpanKind::Client);
    assert_attributes(
        span,
        [
            ("db.system.name", "redis".into()),
            ("db.operation.name", operation.to_owned().into()),
            ("db.namespace", "0".into()),
            ("server.address", host.into()),
            ("server.port", i64::from(port).into()),
        ],
    );
}

#[traced]
async fn remember(key: &str, value: &str) -> RedisResult<Option<String>> {
    let client = client();
    let connection = client.get_multiplexed_async_connection().await?;
    let mut redis = Traced::new(connection).of(client.get_connection_info());
    redis.set(key, value).await?;
    redis.get(key).await
}

#[tokio::test]
async fn commands_that_are_awaited_are_children_of_their_caller() {
    let secrets = secrets();
    let (found, spans) = captured(remember(&secrets.0, &secrets.1)).await;
    assert_eq!(found.unwrap(), Some(secrets.1.clone()));
    let caller = spans.named("remember");
    for operation in ["SET", "GET"] {
        let span = spans.named(operation);
        assert_command(span, operation);
        assert!(span.is_child_of(caller));
        assert_eq!(span.data().status, Status::Unset);
    }
    assert_shows_nothing(&spans, &secrets);
}

#[tokio::test]
async fn commands_that_block_are_children_of_their_caller() {
    let secrets = secrets();
    let work = async {
        let client = client();
        let mut redis =
            Traced::new(client.get_connection().unwrap()).of(client.get_connection_info());
        let () = redis.set(&secrets.0, &secrets.1).unwrap();
        let found: String = redis.get(&secrets.0).unwrap();
        assert_eq!(found, secrets.1);
        let mut pipeline = redis::pipe();
        pipeline.atomic().incr("a", 0).incr("b", 0);
        let () = pipeline.query(&mut redis).unwrap();
    };
    let ((), spans) = captured(work).await;
    for operation in ["SET", "GET", "MULTI INCRBY"] {
        assert_command(spans.named(operation), operation);
    }
    assert_shows_nothing(&spans, &secrets);
}

#[tokio::test]
async fn a_pipeline_is_one_span() {
    let secrets = secrets();
    let work = async {
        let client = client();
        let connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut redis = Traced::new(connection).of(client.get_connection_info());
        let mut same = redis::pipe();
        same.set(&secrets.0, 1).set(&secrets.0, 2);
        let () = same.query_async(&mut redis).await.unwrap();
        let mut mixed = redis::pipe();
        mixed.atomic().set(&secrets.0, 1).del(&secrets.0);
        let () = mixed.query_async(&mut redis).await.unwrap();
    };
    let ((), spans) = captured(work).await;
    for operation in ["PIPELINE SET", "MULTI"] {
        let span = spans.named(operation);
        assert_command(span, operation);
        assert_attributes(span, [("db.operation.batch.size", 2.into())]);
    }
    assert_eq!(spans.len(), 2);
    assert_shows_nothing(&spans, &secrets);
}

fn assert_failed(span: &Span) {
    assert!(span.has_failed());
    assert_eq!(span.exceptions().len(), 1);
    assert_attributes(
        span,
        [
            ("db.response.status_code", "WRONGTYPE".into()),
            ("error.type", "WRONGTYPE".into()),
        ],
    );
}

/// An error of the server is an answer too, and its code is recorded.
#[tokio::test]
async fn an_error_has_its_code() {
    let key = unique("list");
    let work = async {
        let connection = client().get_multiplexed_async_connection().await.unwrap();
        let mut redis = Traced::new(connection);
        redis.lpush(&key, "a").await.unwrap();
        assert_eq!(redis.get(&key).await.unwrap_err().code(), Some("WRONGTYPE"));
        let mut pipeline = redis::pipe();
        pipeline.llen(&key).get(&key);
        let answer: RedisResult<()> = pipeline.query_async(&mut redis).await;
        answer.unwrap_err();
        let answer: RedisResult<()> = pipeline.atomic().query_async(&mut redis).await;
        answer.unwrap_err();
    };
    let ((), spans) = captured(work).await;
    assert_eq!(*spans.named("LPUSH").status(), Status::Unset);
    for name in ["GET", "PIPELINE", "MULTI"] {
        assert_failed(spans.named(name));
    }
}

#[tokio::test]
async fn an_error_of_a_connection_that_blocks_has_its_code_too() {
    let key = unique("list");
    let work = async {
        let mut redis = Traced::new(client().get_connection().unwrap());
        let () = redis::Commands::lpush(&mut redis, &key, "a").unwrap();
        let answer: RedisResult<String> = redis::Commands::get(&mut redis, &key);
        answer.unwrap_err();
    };
    let ((), spans) = captured(work).await;
    assert_failed(spans.named("GET"));
}
