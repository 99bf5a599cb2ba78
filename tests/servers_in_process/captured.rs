//! `#[traced::test]` of a program with a server and a client: the spans of the layers, of `tracing` and of `#[traced]`
//! are in one tree.

mod serving;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::routing::get;
use http::Request;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower_service::Service as _;
use traced::testing::{assert_tree, spans};
use traced::traced;
use tracing_subscriber::layer::SubscriberExt as _;

#[traced]
async fn order(Path(id): Path<u16>) -> String {
    let total = tracing::info_span!("query", id).in_scope(|| price(id));
    format!("{id} costs {total}")
}

#[traced]
fn price(id: u16) -> u32 {
    u32::from(id) * 100
}

fn routes() -> Router {
    Router::new()
        .route("/orders/{id}", get(order))
        .layer(traced::tower::server())
}

/// Captures the spans of `tracing` on this thread, the only one of the test's runtime.
fn subscribe() -> tracing::subscriber::DefaultGuard {
    let subscriber = tracing_subscriber::registry().with(traced::tracing_layer());
    tracing::subscriber::set_default(subscriber)
}

/// Reads the body, because the span of a layer ends with it.
async fn body(response: http::Response<impl BodyExt<Error: std::fmt::Debug>>) -> Vec<u8> {
    response
        .into_body()
        .collect()
        .await
        .unwrap()
        .to_bytes()
        .into()
}

#[traced::test]
#[tokio::test]
async fn a_router_without_a_socket_is_in_the_tree_of_the_test() {
    let _subscribed = subscribe();
    let request = Request::get("/orders/7").body(Body::empty()).unwrap();
    let response = routes().call(request).await.unwrap();
    assert_eq!(body(response).await, b"7 costs 700");
    assert_tree!(
        spans(),
        "
        GET /orders/{id} [server] http.response.status_code=200
          order
            query id=7
              price
        "
    );
}

#[traced::test]
#[tokio::test]
async fn a_server_behind_a_socket_is_in_the_trace_of_its_client() {
    let _subscribed = subscribe();
    let address = serving::serve(routes()).await;
    let mut client =
        traced::tower::client().layer(Client::builder(TokioExecutor::new()).build_http());
    let uri = format!("http://{address}/orders/7");
    let request = Request::get(uri).body(Body::empty()).unwrap();
    let response = client.call(request).await.unwrap();
    assert_eq!(body(response).await, b"7 costs 700");
    // The server's span may end after the client has read all of the answer.
    let all = spans().wait_for_async(5).await;
    assert_tree!(
        all,
        "
        GET [client] http.response.status_code=200
          GET /orders/{id} [server] http.response.status_code=200
            order
              query id=7
                price
        "
    );
    all.assert_one_trace();
    all.assert_no_orphans();
}
