use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use traced::{Envelope, traced};

use crate::mail::Mail;
use crate::store::{Order, Store};

#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) queue: mpsc::Sender<Envelope<Mail>>,
}

#[derive(serde::Deserialize)]
pub(crate) struct New {
    product: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    #[error("the database refused the order")]
    Store(#[from] sqlx::Error),
    #[error("no such order")]
    NotFound,
    #[error("nobody sends mail any more")]
    Queue,
}

impl OrderError {
    fn is_failure(&self) -> bool {
        !matches!(self, Self::NotFound)
    }
}

impl IntoResponse for OrderError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, self.to_string()).into_response()
    }
}

#[traced]
pub(crate) async fn place(
    State(app): State<App>,
    Json(new): Json<New>,
) -> Result<Json<i64>, OrderError> {
    let id = app.store.insert(&new.product).await?;
    let mail = Mail {
        order: id,
        text: format!("thank you for {}", new.product),
    };
    let sent = app.queue.send(Envelope::new(mail)).await;
    sent.map_err(|_| OrderError::Queue)?;
    Ok(Json(id))
}

#[traced(attributes(order.id = id), error_if = OrderError::is_failure)]
pub(crate) async fn show(
    State(app): State<App>,
    Path(id): Path<i64>,
) -> Result<Json<Order>, OrderError> {
    app.store
        .find(id)
        .await?
        .map(Json)
        .ok_or(OrderError::NotFound)
}
