//! A server of axum on a free port.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;

/// Serves the routes for as long as the runtime of the test lives.
pub(crate) async fn serve(routes: Router) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}
