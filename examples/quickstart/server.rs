//! The server: each handler continues the trace in the headers of its request.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tower_http::catch_panic::CatchPanicLayer;
use traced::{traced, traced_spawn};

use crate::parcels;
use crate::store::{Store, StoreError};

#[derive(Deserialize, Serialize)]
pub(crate) struct NewOrder {
    pub(crate) product: String,
    pub(crate) quantity: u32,
}

#[derive(Deserialize, Serialize)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) total: i64,
    pub(crate) boxes: u32,
}

#[traced(name = "POST /orders", kind = "server", extract = headers, attributes(
    http.request.method = "POST",
    http.route = "/orders",
    order.product = order.product,
    order.quantity = order.quantity,
))]
async fn create_order(
    State(service): State<Service>,
    headers: HeaderMap,
    Json(order): Json<NewOrder>,
) -> Result<Json<Order>, Refusal> {
    let NewOrder { product, quantity } = order;

    let (id, total) = service.store.place(&product, quantity).await?;

    // Heavy work runs on a thread of its own.
    let (packed, boxes) = oneshot::channel();
    let packer = thread::Builder::new().name("packer".to_owned());
    packer.spawn(move || packed.send(parcels::fewest(quantity)))?;
    let boxes = boxes.await.unwrap_or(quantity);

    // The customer does not wait for the confirmation letter.
    service.in_background(confirm(id));
    Ok(Json(Order { id, total, boxes }))
}

#[traced(attributes(order.id = order))]
async fn confirm(order: i64) {
    tokio::time::sleep(Duration::from_millis(10)).await;
}

#[traced(name = "GET /products/{product}/average", kind = "server", extract = headers, attributes(
    http.request.method = "GET",
    http.route = "/products/{product}/average",
    order.product = product,
))]
async fn average_order(
    State(service): State<Service>,
    headers: HeaderMap,
    Path(product): Path<String>,
) -> Result<Json<i64>, Refusal> {
    let (orders, revenue) = service.store.sales(&product).await?;
    Ok(Json(revenue / orders))
}

/// The reason why a request fails.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the order was not taken")]
    Store(#[from] StoreError),
    #[error("there is no thread left")]
    Thread(#[from] io::Error),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

/// State that the handlers share.
#[derive(Clone)]
struct Service {
    store: Store,
    background: Arc<Mutex<JoinSet<()>>>,
}

impl Service {
    /// No span of its own: the task gets the caller's context.
    #[traced_spawn]
    fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        let background = self.background.lock();
        background
            .unwrap_or_else(PoisonError::into_inner)
            .spawn(work);
    }
}

/// The running service.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    service: Service,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<io::Result<()>>,
}

impl Server {
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        let service = Service {
            store: Store::in_memory().await?,
            background: Arc::default(),
        };
        let router = Router::new()
            .route("/orders", post(create_order))
            .route("/products/{product}/average", get(average_order))
            // A handler that panics is answered with 500.
            .layer(CatchPanicLayer::new())
            .with_state(service.clone());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let (stop, stopped) = oneshot::channel();
        Ok(Server {
            address: listener.local_addr()?,
            service,
            stop,
            serving: tokio::spawn(
                axum::serve(listener, router)
                    .with_graceful_shutdown(async { stopped.await.unwrap_or_default() })
                    .into_future(),
            ),
        })
    }

    /// Waits for the background tasks.
    pub(crate) async fn settle(&self) {
        let background = self.service.background.lock();
        let running = std::mem::take(&mut *background.unwrap_or_else(PoisonError::into_inner));
        running.join_all().await;
    }

    pub(crate) async fn stop(self) -> Result<(), Box<dyn Error>> {
        self.settle().await;
        let _ = self.stop.send(());
        Ok(self.serving.await??)
    }
}
