//! The gateway of the shop: HTTP outside, gRPC inside.

mod client;

use std::error::Error;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use shop::{NewOrder, Placed, setting};
use thiserror::Error;
use tokio::task::{JoinError, JoinSet};
use tonic::{Code, Status};
use traced::traced_spawn;

use crate::client::Orders;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let _telemetry = traced::init()?;
    let orders = Orders::connect(setting("ORDERS_URL")?)?;
    let router = Router::new()
        .route("/orders", post(order))
        .route("/orders/batch", post(order_many))
        .with_state(orders)
        .layer(traced::tower::server());
    axum::serve(shop::listen().await?, router)
        .with_graceful_shutdown(shop::stopped())
        .await?;
    Ok(())
}

async fn order(
    State(orders): State<Orders>,
    Json(order): Json<NewOrder>,
) -> Result<(StatusCode, Json<Placed>), Refusal> {
    let placed = place(orders, order).await?;
    Ok((StatusCode::CREATED, Json(placed)))
}

/// Sends all orders concurrently; the answers keep the order of the request.
#[traced_spawn]
async fn order_many(
    State(orders): State<Orders>,
    Json(batch): Json<Vec<NewOrder>>,
) -> Result<(StatusCode, Json<Vec<Placed>>), Refusal> {
    traced::set_attributes!(shop.batch.size = batch.len());
    let mut placing = JoinSet::new();
    for order in batch {
        placing.spawn(place(orders.clone(), order));
    }
    let mut all = Vec::new();
    while let Some(placed) = placing.join_next().await {
        all.push(placed??);
    }
    Ok((StatusCode::CREATED, Json(all)))
}

async fn place(orders: Orders, order: NewOrder) -> Result<Placed, Refusal> {
    if order.quantity == 0 {
        return Err(Refusal::Nothing);
    }
    Ok(orders.place(order).await?)
}

/// The reason why a request fails.
#[derive(Debug, Error)]
enum Refusal {
    #[error("an order of nothing")]
    Nothing,
    #[error("{}", .0.message())]
    Orders(#[from] Status),
    #[error("an order was not finished")]
    Stopped(#[from] JoinError),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Refusal::Nothing => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::Orders(status) => match status.code() {
                Code::FailedPrecondition => StatusCode::CONFLICT,
                Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Refusal::Stopped(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status(), self.to_string()).into_response()
    }
}
