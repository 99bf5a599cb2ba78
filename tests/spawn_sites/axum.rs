//! axum and reqwest: streamed bodies, server-sent events, and the callback of an upgraded connection.

use std::convert::Infallible;
use std::pin::Pin;

use axum::body::{Body, to_bytes};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, BoxStream, Stream, StreamExt as _};
use traced::traced_spawn;

use crate::support::{child, child_here, sites};

/// Reads the response on a thread without a context, as a server does.
fn send(response: Response) {
    let read = || futures::executor::block_on(to_bytes(response.into_body(), usize::MAX));
    std::thread::spawn(read).join().unwrap().unwrap();
}

#[traced_spawn]
fn events() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(
        stream::repeat_with(|| {
            child_here();
            Event::default().data("hi")
        })
        .take(2)
        .map(Ok),
    )
}

#[traced_spawn]
fn events_of_a_named_type() -> Sse<BoxStream<'static, Result<Event, Infallible>>> {
    Sse::new(stream::empty().boxed())
}

#[traced_spawn]
async fn response() -> Result<Response, Infallible> {
    let stream = stream::once(async {
        child().await;
        Ok::<_, Infallible>(Event::default())
    });
    let sse = Sse::new(stream).keep_alive(Default::default());
    Ok(sse.into_response())
}

#[traced_spawn]
fn boxed() -> impl IntoResponse {
    let stream: Pin<Box<dyn Stream<Item = Result<Event, Infallible>> + Send>> =
        Box::pin(stream::once(async {
            child().await;
            Ok(Event::default())
        }));
    Sse::new(stream)
}

/// Stands in for axum's type of this name, which only a real connection can give.
struct WebSocketUpgrade;

struct WebSocket(u8);

impl WebSocketUpgrade {
    fn on_upgrade<C, F>(self, callback: C)
    where
        C: FnOnce(WebSocket) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let run = || futures::executor::block_on(async { callback(WebSocket(1)).await });
        std::thread::spawn(run).join().unwrap();
    }
}

async fn talk(socket: WebSocket) {
    for _ in 0..socket.0 {
        child().await;
    }
}

sites! {
    server_sent_events(4) {
        send(events().into_response());
        send(response().await.unwrap());
        send(boxed().into_response());
        send(events_of_a_named_type().into_response());
    }
    streamed_body(2) {
        let chunks = stream::iter(["a", "b"]).then(|chunk| async move { child().await; Ok::<_, Infallible>(chunk) });
        send(Response::new(Body::from_stream(chunks)));
    }
    upgraded_connection(5) {
        WebSocketUpgrade.on_upgrade(talk);
        WebSocketUpgrade.on_upgrade(|socket| talk(socket));
        WebSocketUpgrade.on_upgrade(move |socket| async move { talk(socket).await });
        WebSocketUpgrade.on_upgrade(|socket| { child_here(); talk(socket) });
    }
}
