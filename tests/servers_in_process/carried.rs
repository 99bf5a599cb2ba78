//! The spans of a stream that the server polls and of an upgraded connection are below their handler, although it has
//! returned. There is no layer here, because its span would be current too.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::io::AsyncWriteExt as _;
use traced::testing::{assert_tree, capture_async};
use traced::traced;
use traced_servers_in_process::{ended, raw, read_until, upgraded};

use crate::serving::serve;

#[traced]
fn item(number: u8) -> String {
    format!("item {number}\n")
}

#[traced(kind = "server", extract = headers)]
async fn events(headers: HeaderMap) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let numbers = stream::iter(0..2);
    Sse::new(numbers.map(|number| Ok(Event::default().data(item(number).trim()))))
}

#[traced(kind = "server", extract = headers)]
async fn body(headers: HeaderMap) -> Response {
    let items = stream::iter(0..2).then(|number| async move { Ok::<_, Infallible>(item(number)) });
    Body::from_stream(items).into_response()
}

#[traced]
async fn talk(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await {
        let said = format!("{text}: {}", item(7));
        if socket.send(Message::text(said)).await.is_err() {
            return;
        }
    }
}

#[traced(kind = "server", extract = headers)]
async fn function(headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(talk)
}

#[traced(kind = "server", extract = headers)]
async fn closure(headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    let size = 1024;
    upgrade
        .max_message_size(size)
        .on_upgrade(move |socket| async move { talk(socket).await })
}

async fn routes() -> SocketAddr {
    let routes = Router::new()
        .route("/events", get(events))
        .route("/body", get(body))
        .route("/function", any(function))
        .route("/closure", any(closure));
    serve(routes).await
}

#[tokio::test]
async fn the_items_of_a_stream_that_a_server_polls_are_under_its_handler() {
    for handler in ["events", "body"] {
        let ask = async {
            let answer = raw(routes().await, &format!("GET /{handler}"), "").await;
            assert!(answer.contains("item 1"), "{answer}");
            ended(3).await
        };
        let (spans, _) = capture_async(ask).await;
        let handler = spans.named(handler);
        let items: [_; 2] = spans.find().name("item").child_of(handler).exactly();
        for item in items {
            // The handler had returned.
            assert!(item.data().start_time >= handler.data().end_time);
        }
    }
}

/// A frame of a client, which has to be masked: the mask is zero.
fn frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    let mut frame = vec![0x81, 0x80 | length, 0, 0, 0, 0];
    frame.extend(text.bytes());
    frame
}

#[tokio::test]
async fn a_connection_that_is_upgraded_is_under_its_handler() {
    for handler in ["function", "closure"] {
        let talk = async {
            let mut connection = upgraded(routes().await, &format!("/{handler}")).await;
            connection.write_all(&frame("tea")).await.unwrap();
            read_until(&mut connection, "tea: item 7").await;
            drop(connection);
            ended(3).await
        };
        let (spans, _) = capture_async(talk).await;
        assert_tree!(spans, &format!("{handler} [server]\n  talk\n    item"));
    }
}
