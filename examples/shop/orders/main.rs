//! The gRPC server for orders: it reserves the goods, records the order and publishes an event.

mod events;
mod store;

use std::error::Error;
use std::time::Duration;

use shop::grpc::orders_server::{Orders, OrdersServer};
use shop::{NewOrder, OrderPlaced, Placed, setting};
use thiserror::Error;
use tokio::task::JoinError;
use tokio_util::task::TaskTracker;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request, Response, Status};
use traced::{traced, traced_spawn};

use crate::events::{Events, SendError};
use crate::store::Store;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let _telemetry = traced::init()?;
    let service = Service {
        store: Store::connect(&setting("DATABASE_URL")?).await?,
        events: Events::connect(&setting("AMQP_URL")?, &setting("NATS_URL")?).await?,
        background: TaskTracker::new(),
    };
    let background = service.background.clone();
    Server::builder()
        .layer(traced::tower::server())
        .add_service(OrdersServer::new(service))
        .serve_with_incoming_shutdown(TcpIncoming::from(shop::listen().await?), shop::stopped())
        .await?;
    background.close();
    background.wait().await;
    Ok(())
}

#[derive(Clone)]
struct Service {
    store: Store,
    events: Events,
    background: TaskTracker,
}

#[tonic::async_trait]
impl Orders for Service {
    async fn place(&self, request: Request<NewOrder>) -> Result<Response<Placed>, Status> {
        let order = request.into_inner();
        Ok(Response::new(self.take(order).await?))
    }
}

impl Service {
    /// No span of its own: the tasks get the context of the server span.
    #[traced_spawn]
    async fn take(&self, order: NewOrder) -> Result<Placed, OrderError> {
        let Some(placed) = self.store.place(&order).await? else {
            return Err(OrderError::OutOfStock(order.product));
        };
        let event = OrderPlaced {
            id: placed.id,
            order,
        };
        // A task, because it must finish even if the customer hangs up, which drops this future.
        let telling = self.background.spawn(tell(self.events.clone(), event));
        telling.await??;

        // The customer does not wait for the confirmation letter.
        let confirming = confirm(self.store.clone(), placed.id);
        self.background.spawn(confirming);
        Ok(placed)
    }
}

/// Publishes the order to all receivers.
async fn tell(events: Events, event: OrderPlaced) -> Result<(), SendError> {
    events.order_placed(&event).await?;
    events.audit(&event).await
}

/// Continues after the response was sent, and is part of the request's trace.
#[traced(attributes(shop.order.id = order))]
async fn confirm(store: Store, order: i64) -> sqlx::Result<()> {
    // Stands for writing a letter.
    tokio::time::sleep(Duration::from_millis(30)).await;
    store.confirm(order).await
}

/// The reason why an order fails.
#[derive(Debug, Error)]
enum OrderError {
    #[error("there is not enough of `{0}`")]
    OutOfStock(String),
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("nobody could be told")]
    Events(#[from] SendError),
    #[error("telling was not finished")]
    Stopped(#[from] JoinError),
}

impl From<OrderError> for Status {
    fn from(error: OrderError) -> Self {
        let code = match &error {
            OrderError::OutOfStock(_) => Code::FailedPrecondition,
            OrderError::Database(error) if shop::database::is_passing(error) => Code::Unavailable,
            _ => Code::Internal,
        };
        Status::new(code, error.to_string())
    }
}
